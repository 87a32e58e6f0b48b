import { z } from 'zod'
import { formatSize } from '../../core/size.ts'
import { fileReading } from '../file-reading.ts'
import { defineHostCheck, textIn } from '../host-check.ts'
import { judgeSpace, limitsOr, spaceLimits } from '../limits.ts'
import { meminfo } from '../proc/meminfo.ts'
import { Unseen } from './look.ts'

const Params = z.strictObject(spaceLimits)

const memory = fileReading('/proc/meminfo')

/** Swap that is left. A machine without any has nothing to be judged. */
export default defineHostCheck({
  type: 'swap',
  summary: 'swap that is left',
  example: { warn: '80%' },
  params: Params,
  title: () => 'swap is left',
  readings: () => [memory],
  judge(params, found) {
    const info = meminfo(textIn(found, memory))
    const [total, free] = [info.get('SwapTotal'), info.get('SwapFree')]
    if (total === undefined || free === undefined) throw new Unseen('could not read /proc/meminfo: it tells nothing of swap')
    if (total === 0) return { verdict: 'na', message: 'there is no swap' }
    const usedPercent = 100 * (1 - free / total)
    return {
      ...judgeSpace(
        { usedPercent, freeBytes: free },
        { limits: limitsOr(params, { warn: { percent: 90 } }), say: share => `${share} of ${formatSize(total)}` },
      ),
      metrics: { used_percent: usedPercent, free_bytes: free, total_bytes: total },
    }
  },
})
