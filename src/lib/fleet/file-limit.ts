import { readFileSync } from 'node:fs'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'

/** Open at any time besides hosts: streams, library files, spilled output. */
const reserved = 128
/** A socket; or the three pipes of a local command. */
const filesOf = ({ via }: Host): number => (via === 'local' ? 3 : 1)

interface FileDemand {
  readonly hosts: readonly Host[]
  readonly concurrency: number
}

/**
 * Refuses a run that would fail half way for want of file descriptors. The runtime has raised the soft limit as far as it may.
 * @throws OpsError E_LIMITS
 */
export function checkFileLimit(demand: FileDemand, limit = openFilesLimit()): void {
  const perHost = Math.max(0, ...demand.hosts.map(filesOf))
  const needed = Math.min(demand.concurrency, demand.hosts.length) * perHost + reserved
  if (limit === undefined || needed <= limit) return
  const fitting = Math.floor((limit - reserved) / Math.max(1, perHost))
  throw new OpsError('E_LIMITS', `${needed} open files are needed for this concurrency, and the limit is ${limit}`, {
    hint:
      fitting > 0 ? `raise it with ulimit -n ${needed}, or use --concurrency ${fitting}` : `raise it with ulimit -n ${needed}`,
    data: { needed, limit },
  })
}

const key = '\nMax open files'

/** Soft limit of open files of this process; undefined where the system does not tell or there is none. */
function openFilesLimit(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    const at = limits.indexOf(key)
    const soft = at === -1 ? Number.NaN : Number.parseInt(limits.slice(at + key.length), 10)
    return Number.isNaN(soft) ? undefined : soft
  } catch {
    return undefined
  }
}
