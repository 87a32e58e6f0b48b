import type { SlaClass } from '../probe/index.ts'
import type { Job } from './scheduler/job.ts'
import type { Watch } from './watch.ts'

/** Beyond its own time a look may take so long until it is ended from outside, milliseconds. */
const graceMs = 5_000
/** Of what is read on a host, all in one. */
const readingMs = 30_000

/** Makes the looks at a group that are due. Settles as a job does. */
export type LookAtGroup = (group: Group, signal: AbortSignal) => Promise<number | undefined>

/** What is looked at together, one job: an endpoint, or all that is read on one host. */
export class Group implements Job {
  readonly id: string
  readonly watches: readonly Watch[]
  readonly sla: SlaClass
  readonly caps: readonly string[]
  readonly deadlineMs: number
  readonly #look: LookAtGroup

  constructor(id: string, watches: readonly Watch[], look: LookAtGroup) {
    const timeouts = watches.flatMap(({ check }) => check.sampling.map(({ timeoutMs }) => timeoutMs))
    const isReading = watches.some(({ check }) => check.check.host)
    this.id = id
    this.watches = watches
    this.sla = watches.map(({ check }) => check.sla).sort()[0] ?? 'P1'
    this.caps = [...new Set(watches.flatMap(capsOf))]
    this.deadlineMs = Math.max(isReading ? readingMs : 0, ...timeouts) + graceMs
    this.#look = look
  }

  /** When the first of it is due, monotonic milliseconds. */
  get dueAt(): number {
    return Math.min(...this.watches.map(({ dueAt }) => dueAt))
  }

  /** How often the most frequent of it is looked at. */
  get everyMs(): number {
    return Math.min(...this.watches.flatMap(({ check }) => check.sampling.map(({ intervalMs }) => intervalMs)))
  }

  run(signal: AbortSignal): Promise<number | undefined> {
    return this.#look(this, signal)
  }
}

const capsOf = ({ unit, check }: Watch): string[] => [
  ...(unit.host ? [`host ${unit.host.name}`] : []),
  ...(check.origin === undefined ? [] : [`endpoint ${check.origin}`]),
]
