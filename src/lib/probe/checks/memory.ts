import { z } from 'zod'
import type { Found, Reading } from '../../core/check.ts'
import { formatSize } from '../../core/size.ts'
import { fileReading, notThere } from '../file-reading.ts'
import { defineHostCheck, seenIn, textIn } from '../host-check.ts'
import { judgeSpace, limitsOr, spaceLimits } from '../limits.ts'
import { availableMemory, meminfo } from '../proc/meminfo.ts'
import { Unseen } from './look.ts'

const Params = z.strictObject(spaceLimits)

const memory = fileReading('/proc/meminfo')

/** The limit of the control group that everything there runs in, which only a container has; then what it uses, then its statistics. */
const limit: Reading = {
  does: 'read the limit of the container',
  script:
    'if [ -e /sys/fs/cgroup/memory.max ]; then (cd /sys/fs/cgroup && cat memory.max memory.current memory.stat); ' +
    'elif [ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ]; then (cd /sys/fs/cgroup/memory && cat memory.limit_in_bytes memory.usage_in_bytes memory.stat); ' +
    `else return ${notThere}; fi`,
  inline: true,
}

/** Memory that programs can still get without swapping; in a container with a limit, what is left of it. */
export default defineHostCheck({
  type: 'memory',
  summary: 'memory that is available, of the machine or of the container that it is',
  example: { warn: '90%', fail: '200MiB' },
  params: Params,
  title: () => 'memory is available',
  readings: () => [memory, limit],
  judge(params, found) {
    const info = meminfo(textIn(found, memory))
    const total = info.get('MemTotal')
    const available = availableMemory(info)
    if (!total || available === undefined) throw new Unseen('could not read /proc/meminfo: it lacks MemTotal or MemAvailable')
    const container = containerMemory(found, total)
    const free = Math.min(available, container?.free ?? Number.POSITIVE_INFINITY)
    const of = container?.total ?? total
    const usedPercent = 100 * (1 - free / of)
    const whole = container ? `the ${formatSize(of)} of the container` : formatSize(of)
    return {
      ...judgeSpace(
        { usedPercent, freeBytes: free },
        { limits: limitsOr(params, { warn: { percent: 90 }, fail: { percent: 97 } }), say: share => `${share} of ${whole}` },
      ),
      metrics: { used_percent: usedPercent, available_bytes: free, total_bytes: of },
    }
  },
})

/** Undefined where nothing limits it to less than the machine has. */
function containerMemory(found: Found, machineBytes: number): { readonly total: number; readonly free: number } | undefined {
  if (found(limit).code !== 0) return undefined
  const [most = '', current = '', ...stat] = (seenIn(found, limit) ?? '').split('\n')
  const total = Number(most)
  if (!(total > 0 && total < machineBytes)) return undefined
  // Pages of files that nobody used lately are given back when they are needed.
  const reclaimable = stat.flatMap(line => /^(?:total_)?inactive_file (\d+)$/.exec(line)?.[1] ?? []).at(-1)
  const free = total - Number(current) + Number(reclaimable ?? 0)
  // What is no number limits nothing that could be told.
  return Number.isFinite(free) ? { total, free: Math.min(total, Math.max(0, free)) } : undefined
}
