import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Item } from '../core/item.ts'
import { type Report, ReportFold } from '../core/report.ts'

/** What came of a run: told as it comes, and as a report at its end. */
export class ShipResult {
  readonly #context: Context
  readonly #fold = new ReportFold()
  readonly #startedAt: number
  readonly #began: number

  constructor(context: Context) {
    this.#context = context
    this.#startedAt = context.clock.now()
    this.#began = context.clock.monotonic()
  }

  /** Since the beginning. */
  get look(): { readonly startedAt: string; readonly durationMs: number } {
    const { clock } = this.#context
    return { startedAt: rfc3339(this.#startedAt), durationMs: Math.round(clock.monotonic() - this.#began) }
  }

  add(item: Item): void {
    this.#fold.add(item)
  }

  tell(item: Item): void {
    this.add(item)
    this.#context.log(item.outcome === 'failed' ? 'error' : 'info', `${item.name}: ${item.message}`)
  }

  /** `signal` ended the run, where it has aborted. */
  report(signal = this.#context.signal): Report {
    const { runId } = this.#context
    const stop: unknown = signal.reason
    return {
      kind: 'ship-logs',
      version: 1,
      runId,
      title: 'ship-logs',
      ...this.look,
      counts: this.#fold.counts,
      items: this.#fold.items(),
      omitted: this.#fold.omitted,
      changed: false,
      ...(stop instanceof OpsError && { stopped: { exit: stop.exit, message: stop.message } }),
    }
  }
}
