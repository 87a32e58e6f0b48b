import type { Clock } from '../core/clock.ts'
import type { DeadlineOptions } from './deadline.ts'

/** A task that begins so much after another shares its deadline, and is told of it so much later at most. */
const sharedMs = 10

/**
 * The same time limit for many short tasks. Tasks that begin at nearly the same time share a signal, a timer and a listener on the outer
 * signal: those of its own cost a look at a web server a tenth of what it takes altogether. None is ended early.
 */
export class Deadlines {
  readonly #clock: Clock
  readonly #options: DeadlineOptions
  #last: SharedDeadline | undefined

  constructor(clock: Clock, options: DeadlineOptions) {
    this.#clock = clock
    this.#options = options
  }

  /** Ends with the outer signal's reason or with `reason()`, whichever comes first. Give it back with `using`. */
  begin(): SharedDeadline {
    if (!this.#last?.join()) this.#last = new SharedDeadline(this.#clock, this.#options)
    return this.#last
  }
}

/** Each disposal is that of one task. */
class SharedDeadline implements Disposable {
  readonly signal: AbortSignal
  readonly #clock: Clock
  readonly #options: DeadlineOptions
  readonly #controller = new AbortController()
  readonly #abort = (): void => this.#end(this.#options.signal.reason)
  readonly #firstBegan: number
  #lastBegan: number
  #tasks = 1
  #isOpen = true
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock, options: DeadlineOptions) {
    this.#clock = clock
    this.#options = options
    this.signal = this.#controller.signal
    this.#firstBegan = clock.monotonic()
    this.#lastBegan = this.#firstBegan
    if (options.signal.aborted) {
      this.#end(options.signal.reason)
      return
    }
    options.signal.addEventListener('abort', this.#abort)
    if (options.ms > 0 && options.ms < Number.POSITIVE_INFINITY) this.#wait(options.ms)
  }

  /** One task more, where it is not too late for that. */
  join(): boolean {
    if (!this.#isOpen) return false
    const now = this.#clock.monotonic()
    if (now - this.#firstBegan > sharedMs) return false
    this.#lastBegan = now
    this.#tasks++
    return true
  }

  #wait(ms: number): void {
    this.#cancelTimer = this.#clock.timer(ms, () => {
      const left = this.#lastBegan + this.#options.ms - this.#clock.monotonic()
      if (left > 0) this.#wait(left)
      else this.#end(this.#options.reason())
    })
  }

  #end(reason: unknown): void {
    this.#close()
    this.#controller.abort(reason)
  }

  #close(): void {
    this.#isOpen = false
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#options.signal.removeEventListener('abort', this.#abort)
  }

  [Symbol.dispose](): void {
    this.#tasks--
    if (this.#tasks === 0 && this.#isOpen) this.#close()
  }
}
