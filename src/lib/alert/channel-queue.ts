import type { Alert, AlertSeverity, Delivery } from '../core/alert.ts'
import type { SecretReference, Shared } from '../core/check.ts'
import type { Clock } from '../core/clock.ts'
import type { NamedChannel } from './config.ts'
import { sendOnce } from './send-once.ts'

/** What is to be sent, of one incident one after the other. */
export interface Parcel {
  readonly key: string
  readonly alert: Alert
  readonly earlier: readonly AlertSeverity[]
}

export interface QueueTools<P extends Parcel> {
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly secret: (reference: SecretReference) => Promise<string>
  readonly shared: Shared
  /** Told when nothing more is to be tried; what it gives settles when this is kept. Until then it counts as under way. */
  readonly settled: (parcel: P, delivery: Exclude<Delivery, { result: 'later' }>) => Promise<void>
  /** Told when it begins to fail, and when it is well again. */
  readonly failing: (message: string) => void
  readonly recovered: (afterMs: number) => void
}

/** Attempts at once; while it fails, one. */
const concurrency = 4
const firstWaitMs = 1000
const longestWaitMs = 60_000
/** What the other side may ask of us: it must not silence us for ever. */
const longestAskedWaitMs = 3_600_000

interface Waiting {
  attempts: number
  cancelTimer: (() => void) | undefined
}

/** Sends to one channel what it is given, a few at a time, again and again until it is accepted or refused. */
export class ChannelQueue<P extends Parcel> {
  readonly #tools: QueueTools<P>
  readonly #stop = new AbortController()
  readonly #ready: P[] = []
  readonly #waiting = new Map<P, Waiting>()
  readonly #sending = new Map<P, Promise<void>>()
  #channel: NamedChannel | undefined
  #failures = 0
  #failingSince = 0
  #failedAt = Number.NEGATIVE_INFINITY
  #pausedUntil = Number.NEGATIVE_INFINITY
  #cancelPause: (() => void) | undefined
  #isClosing = false
  lastError: { readonly message: string; readonly at: number } | undefined

  constructor(tools: QueueTools<P>) {
    this.#tools = tools
  }

  /** Where it goes; absent: it is kept until there is a channel again. What is under way goes on where it went. */
  set channel(channel: NamedChannel | undefined) {
    this.#channel = channel
    this.#pump()
  }

  get channel(): NamedChannel | undefined {
    return this.#channel
  }

  get sending(): number {
    return this.#sending.size
  }

  isSending(parcel: P): boolean {
    return this.#sending.has(parcel)
  }

  /** How long until the next attempt, milliseconds; 0 while one is under way, undefined when there is nothing to send. */
  get nextTryMs(): number | undefined {
    if (this.#sending.size > 0) return 0
    if (this.#ready.length === 0 && this.#waiting.size === 0) return undefined
    return Math.max(0, this.#pausedUntil - this.#tools.clock.monotonic())
  }

  push(parcel: P): void {
    this.#ready.push(parcel)
    this.#pump()
  }

  /** Takes back what is not under way; false when it is. */
  withdraw(parcel: P): boolean {
    if (this.#sending.has(parcel)) return false
    const at = this.#ready.indexOf(parcel)
    if (at >= 0) this.#ready.splice(at, 1)
    this.#waiting.get(parcel)?.cancelTimer?.()
    this.#waiting.delete(parcel)
    return true
  }

  /** Begins nothing more, and settles when what is under way has come to its end, at the latest at the signal. */
  async close(signal: AbortSignal): Promise<void> {
    this.#isClosing = true
    this.#cancelPause?.()
    for (const { cancelTimer } of this.#waiting.values()) cancelTimer?.()
    const cut = (): void => this.#stop.abort(signal.reason)
    if (signal.aborted) cut()
    else signal.addEventListener('abort', cut, { once: true })
    await Promise.all(this.#sending.values())
    signal.removeEventListener('abort', cut)
  }

  #pump(): void {
    const { clock } = this.#tools
    const limit = this.#failures > 0 ? 1 : concurrency
    while (!this.#isClosing && this.#channel && this.#ready.length > 0 && this.#sending.size < limit) {
      const wait = this.#pausedUntil - clock.monotonic()
      if (wait > 0) {
        this.#cancelPause ??= clock.timer(
          wait,
          () => {
            this.#cancelPause = undefined
            this.#pump()
          },
          { background: true },
        )
        return
      }
      const parcel = this.#ready.shift()
      if (parcel) this.#sending.set(parcel, this.#send(parcel, this.#channel))
    }
  }

  async #send(parcel: P, { channel }: NamedChannel): Promise<void> {
    const { clock, secret, shared } = this.#tools
    const startedAt = clock.monotonic()
    const { alert, key, earlier } = parcel
    const place = { clock, secret, shared, key, earlier, signal: this.#stop.signal }
    const delivery = await sendOnce({ channel }, { ...place, alert })
    if (delivery.result !== 'later') await this.#finish(parcel, delivery)
    this.#sending.delete(parcel)
    // Cut by the end of the process: nobody knows whether it arrived, so it is sent again under the same key.
    if (delivery.result === 'later' && !this.#stop.signal.aborted) this.#tryLater(parcel, { delivery, startedAt })
    this.#pump()
  }

  async #finish(parcel: P, delivery: Exclude<Delivery, { result: 'later' }>): Promise<void> {
    if (this.#failures > 0) this.#tools.recovered(this.#tools.clock.monotonic() - this.#failingSince)
    this.#failures = 0
    this.#pausedUntil = Number.NEGATIVE_INFINITY
    this.#waiting.delete(parcel)
    if (delivery.result === 'refused') this.lastError = { message: delivery.message, at: this.#tools.clock.now() }
    await this.#tools.settled(parcel, delivery)
  }

  #tryLater(parcel: P, failed: { readonly delivery: Delivery & { result: 'later' }; readonly startedAt: number }): void {
    const { clock } = this.#tools
    const { message, afterMs = 0 } = failed.delivery
    const now = clock.monotonic()
    this.lastError = { message, at: clock.now() }
    // Those that were under way together failed for one reason: they count as one.
    if (failed.startedAt >= this.#failedAt) {
      if (this.#failures++ === 0) {
        this.#failingSince = now
        this.#tools.failing(message)
      }
      this.#failedAt = now
    }
    const askedMs = Math.min(afterMs, longestAskedWaitMs)
    this.#pausedUntil = Math.max(this.#pausedUntil, now + Math.max(askedMs, this.#backoffMs(this.#failures)))
    const waiting = this.#waiting.get(parcel) ?? { attempts: 0, cancelTimer: undefined }
    waiting.attempts++
    this.#waiting.set(parcel, waiting)
    const wait = Math.max(askedMs, this.#backoffMs(waiting.attempts))
    waiting.cancelTimer = clock.timer(
      wait,
      () => {
        waiting.cancelTimer = undefined
        this.push(parcel)
      },
      { background: true },
    )
  }

  /** Uniform below a bound that doubles with each attempt ("full jitter", AWS Architecture Blog, 2015). */
  #backoffMs(attempt: number): number {
    return this.#tools.random() * Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(attempt - 1, 20))
  }
}
