import type { SlaClass } from '../../probe/index.ts'

/** Something that is to be done again and again: looks at one endpoint, or at all that is due on one host. */
export interface Job {
  /** Unique; the same over restarts. */
  readonly id: string
  readonly sla: SlaClass
  /** No more jobs at a time than the cap says for each of these: `host web1`, `endpoint shop.example.com:443`. */
  readonly caps: readonly string[]
  /** Milliseconds after which a run is aborted. */
  readonly deadlineMs: number
  /**
   * Does it once. Settles with the milliseconds, from its start, after which it is due again; undefined for never. The same figure as the
   * last time means its grid, whatever the start was late: beats that were missed are skipped, and none moves. A run whose signal aborted
   * has closed what it opened when it settles. A throw is a bug that is logged, and the job is due again as before.
   */
  run(signal: AbortSignal): Promise<number | undefined>
}
