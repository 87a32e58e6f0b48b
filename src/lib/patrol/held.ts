import type { Clock } from '../core/clock.ts'
import type { Watch } from './watch.ts'

/** Whoever does not answer for so long is not waited for, milliseconds. */
const longestMs = 60_000

/** Checks that went bad before what they depend on could answer: nobody is told of them until it has. */
export class Held implements Iterable<Watch> {
  readonly #clock: Pick<Clock, 'timer'>
  readonly #since = new Map<Watch, { readonly at: number; readonly cancel: () => void }>()
  readonly #over = new WeakSet<Watch>()

  constructor(clock: Pick<Clock, 'timer'>) {
    this.#clock = clock
  }

  [Symbol.iterator](): Iterator<Watch> {
    return [...this.#since.keys()].values()
  }

  /** From when parents must have answered, monotonic milliseconds; undefined for one that was held long enough. Then `giveUp` is called. */
  hold(watch: Watch, giveUp: () => void): number | undefined {
    if (this.#over.has(watch)) return undefined
    const known = this.#since.get(watch)
    if (known) return known.at
    const cancel = this.#clock.timer(
      longestMs,
      () => {
        this.#over.add(watch)
        giveUp()
      },
      { background: true },
    )
    this.#since.set(watch, { at: watch.judgedAt, cancel })
    return watch.judgedAt
  }

  release(watch: Watch): void {
    this.#since.get(watch)?.cancel()
    this.#since.delete(watch)
    this.#over.delete(watch)
  }
}
