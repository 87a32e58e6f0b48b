import type { Clock } from '../core/clock.ts'
import { formatDuration } from '../core/duration.ts'
import type { ProgressState } from '../core/io.ts'
import type { Verdict } from '../core/item.ts'
import type { Unit } from './unit.ts'

/** How far a run of checks is: for progress, and for the first Ctrl-C. */
export class ProbeTally {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #total: number
  readonly #onChange: (state: ProgressState) => void
  /** What is looked at, and since when. */
  readonly #running = new Map<Unit, number>()
  #done = 0
  #failed = 0

  constructor(parts: {
    readonly clock: Pick<Clock, 'monotonic'>
    readonly total: number
    readonly onChange: (state: ProgressState) => void
  }) {
    this.#clock = parts.clock
    this.#total = parts.total
    this.#onChange = parts.onChange
  }

  begun(units: readonly Unit[]): void {
    for (const unit of units) this.#running.set(unit, this.#clock.monotonic())
    this.#changed()
  }

  told(unit: Unit, verdict: Verdict): void {
    this.#running.delete(unit)
    this.#done++
    if (verdict === 'fail' || verdict === 'unknown') this.#failed++
    this.#changed()
  }

  /** What is pending, in lines. */
  pending(): string {
    const running = [...this.#running]
    const waiting = this.#total - this.#done - running.length
    const lines = running.slice(0, shown).map(([{ host, probed }, since]) => {
      return `  ${host ? `${host.name}: ` : ''}${probed.name} for ${formatDuration(Math.round(this.#clock.monotonic() - since))}`
    })
    const more = running.length > shown ? [`  and ${running.length - shown} more`] : []
    return [`${running.length} running, ${waiting} not started`, ...lines, ...more].join('\n')
  }

  #changed(): void {
    this.#onChange({ total: this.#total, done: this.#done, failed: this.#failed, running: this.#running.size })
  }
}

const shown = 20
