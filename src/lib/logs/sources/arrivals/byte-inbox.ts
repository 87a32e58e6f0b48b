import type { Clock } from '../../../core/clock.ts'
import { ByteQueue } from '../../../net/byte-queue.ts'

/** More than so much that nobody has looked at waits: who brings it waits too. */
const maxUnseenBytes = 1024 * 1024
/** For what is being looked at, what comes meanwhile, and the beginning of a line: never more, but for long lines. */
const roomBytes = 3 * maxUnseenBytes
/** Where so much came at once more is on its way: it is waited for, for a moment, since every piece costs what a large one does. */
const gathered = { fromBytes: 64 * 1024, ms: 10 }

/** Bytes that came, until something was made of them. */
export class ByteInbox {
  readonly #clock: Clock
  readonly #held = new ByteQueue({ roomBytes })
  #unseenBytes = 0
  #hasEnded = false
  #failure: { readonly error: unknown } | undefined
  #arrival = Promise.withResolvers<void>()
  #plenty = Promise.withResolvers<void>()
  #room = Promise.withResolvers<void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Everything was looked at. */
  get isSeen(): boolean {
    return this.#unseenBytes === 0
  }

  /** What is there: it stays as it is, whatever comes, until more is asked for. */
  get bytes(): Uint8Array {
    return this.#held.bytes
  }

  /** Something was made of the first so many. */
  drop(count: number): void {
    this.#held.drop(count)
  }

  /** A copy is kept. A returned promise settles when there is room for more. */
  add(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#hasEnded) return undefined
    this.#held.push(bytes)
    this.#unseenBytes += bytes.length
    this.#arrival.resolve()
    if (this.#unseenBytes < maxUnseenBytes) return undefined
    this.#plenty.resolve()
    return this.#room.promise
  }

  /** Nothing more comes; `failure` is thrown to whoever has seen all there was. */
  end(failure?: { readonly error: unknown }): void {
    this.#hasEnded = true
    this.#failure ??= failure
    for (const waited of [this.#arrival, this.#plenty, this.#room]) waited.resolve()
  }

  /** Waits until there is something new: `quiet` where nothing came for so long, `over` at the end. */
  async next(quietMs?: number): Promise<'more' | 'quiet' | 'over'> {
    if (this.isSeen && !this.#hasEnded) await this.#within(this.#arrival.promise, quietMs)
    const mayBeMore = this.#unseenBytes >= gathered.fromBytes && this.#unseenBytes < maxUnseenBytes
    if (mayBeMore && !this.#hasEnded) await this.#within(this.#plenty.promise, gathered.ms)
    this.#held.compact()
    const isSeen = this.isSeen
    this.#unseenBytes = 0
    this.#arrival = Promise.withResolvers()
    this.#plenty = Promise.withResolvers()
    this.#room.resolve()
    this.#room = Promise.withResolvers()
    if (!isSeen) return 'more'
    if (!this.#hasEnded) return 'quiet'
    if (this.#failure) throw this.#failure.error
    return 'over'
  }

  async #within(arrival: Promise<void>, ms: number | undefined): Promise<void> {
    if (ms === undefined) return await arrival
    const over = Promise.withResolvers<void>()
    const cancel = this.#clock.timer(ms, over.resolve)
    await Promise.race([arrival, over.promise])
    cancel()
  }
}
