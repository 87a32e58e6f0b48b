import type { Clock } from '../core/clock.ts'

export interface DeadlineOptions {
  /** From now; 0 or Infinity is no limit, and only the outer signal counts. */
  readonly ms: number
  readonly signal: AbortSignal
  /** The error that a passed deadline means: an OpsError E_DEADLINE, a TransportError connect-timeout … Made only when needed. */
  readonly reason: () => Error
}

/**
 * A time limit joined with an outer signal: `signal` aborts with the outer signal's reason or with `reason()`, whichever comes first.
 * Disposing frees the timer and the listener; do it with `using`.
 *
 * Not built on AbortSignal.any: in Bun 1.4 every signal made by it stays with its source, 100,000 of them cost 120 MiB; one listener
 * that is taken off again costs nothing.
 */
export class Deadline implements Disposable, AsyncDisposable {
  readonly signal: AbortSignal
  /** On the monotonic clock; Infinity without a limit. */
  readonly at: number
  readonly #clock: Clock
  readonly #outer: AbortSignal
  readonly #controller = new AbortController()
  readonly #abort = (): void => this.#end(this.#outer.reason)
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock, { ms, signal: outer, reason }: DeadlineOptions) {
    this.#clock = clock
    this.#outer = outer
    this.signal = this.#controller.signal
    const limited = ms > 0 && ms < Number.POSITIVE_INFINITY
    this.at = limited ? clock.monotonic() + ms : Number.POSITIVE_INFINITY
    if (outer.aborted) {
      this.#controller.abort(outer.reason)
      return
    }
    outer.addEventListener('abort', this.#abort, { once: true })
    if (limited) this.#cancelTimer = clock.timer(ms, () => this.#end(reason()))
  }

  /** Never below 0. */
  get remainingMs(): number {
    return Math.max(0, this.at - this.#clock.monotonic())
  }

  #end(reason: unknown): void {
    this[Symbol.dispose]()
    this.#controller.abort(reason)
  }

  [Symbol.dispose](): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#outer.removeEventListener('abort', this.#abort)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]()
  }
}

/**
 * Runs a task under a Deadline. Settles with the task and never before it, so that nothing runs on behind the caller's back: the task
 * has to honour the signal (see `abortable` for what can not). When the task fails after the signal has aborted, the signal's reason
 * is thrown and not the noise that stopping made; a result that still came is a result.
 */
export async function withDeadline<T>(
  clock: Clock,
  options: DeadlineOptions,
  task: (signal: AbortSignal, deadline: Deadline) => Promise<T>,
): Promise<T> {
  using deadline = new Deadline(clock, options)
  deadline.signal.throwIfAborted()
  try {
    return await task(deadline.signal, deadline)
  } catch (error) {
    deadline.signal.throwIfAborted()
    throw error
  }
}

/** A promise that can not be cancelled, left behind when the signal aborts: its later failure is ignored, its resources stay with it. */
export function abortable<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
