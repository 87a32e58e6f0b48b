import { type Clock, sleep } from '../core/clock.ts'

export interface RetryOptions {
  /** How often the task may run in all, the first time included. */
  readonly attempts: number
  /** Upper bound of the first wait; doubles with each attempt. */
  readonly baseMs: number
  /** Upper bound of every wait. */
  readonly maxMs: number
  /** In [0, 1). */
  readonly random: () => number
  readonly clock: Clock
  readonly signal: AbortSignal
  /** A moment on the monotonic clock (`Deadline.at`): a wait that would reach it is not begun, so that the task's own error is told. */
  readonly until?: number
  isRetryable(error: unknown): boolean
}

/** One failed attempt, in the order they happened. */
export interface FailedAttempt {
  /** From 1. */
  readonly attempt: number
  readonly message: string
  readonly durationMs: number
}

/**
 * Runs a task until it succeeds, with exponential back-off and full jitter between attempts: each wait is uniform in
 * [0, min(maxMs, baseMs * 2^(attempt-1))) (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 *
 * When all is in vain the last error is thrown as it came, with every attempt in its `data.attempts` (see `attemptsOf`). When the
 * signal aborts during a wait its reason is thrown at once.
 */
export async function retry<T>(task: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal } = options
  const failed: FailedAttempt[] = []
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    const startedAt = clock.monotonic()
    try {
      return await task(attempt)
    } catch (error) {
      failed.push({
        attempt,
        message: error instanceof Error ? error.message : String(error),
        durationMs: clock.monotonic() - startedAt,
      })
      const waitMs = backoffMs(attempt, options)
      const inTime = options.until === undefined || clock.monotonic() + waitMs < options.until
      if (attempt >= options.attempts || signal.aborted || !inTime || !options.isRetryable(error))
        throw withAttempts(error, failed)
      await sleep(clock, waitMs, signal)
    }
  }
}

/** The attempts that `retry` recorded on an error; none for an error that did not pass through it. */
export function attemptsOf(error: unknown): readonly FailedAttempt[] {
  const attempts = Reflect.get(dataOf(error), 'attempts')
  return Array.isArray(attempts) ? attempts : []
}

/** How long to wait behind a failed attempt, counted from 1. */
export function backoffMs(attempt: number, { baseMs, maxMs, random }: Pick<RetryOptions, 'baseMs' | 'maxMs' | 'random'>): number {
  return random() * Math.min(maxMs, baseMs * 2 ** (attempt - 1))
}

/** The same error, because callers branch on its class; only its data grows. */
function withAttempts(error: unknown, attempts: readonly FailedAttempt[]): unknown {
  if (!(error instanceof Error) || !Object.isExtensible(error)) return error
  const value = { ...dataOf(error), attempts }
  Object.defineProperty(error, 'data', { value, configurable: true, enumerable: true, writable: true })
  return error
}

function dataOf(error: unknown): object {
  const data = error instanceof Error ? Reflect.get(error, 'data') : undefined
  return typeof data === 'object' && data !== null ? data : {}
}
