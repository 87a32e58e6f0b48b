import type { Clock } from '../../../core/clock.ts'
import { ByteQueue } from '../../../net/byte-queue.ts'

/** More than so much waits for nobody to take it: who brings it waits too. */
const maxHeldBytes = 1024 * 1024

/** Bytes that came and that nobody has taken yet. */
export class ByteInbox {
  readonly #clock: Clock
  #held = new ByteQueue()
  #hasEnded = false
  #failure: { readonly error: unknown } | undefined
  #arrival = Promise.withResolvers<void>()
  #room = Promise.withResolvers<void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isEmpty(): boolean {
    return this.#held.length === 0
  }

  /** A copy is kept. A returned promise settles when there is room for more. */
  add(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#hasEnded) return undefined
    this.#held.push(bytes)
    this.#arrival.resolve()
    return this.#held.length < maxHeldBytes ? undefined : this.#room.promise
  }

  /** Nothing more comes; `failure` is thrown to whoever took all there was. */
  end(failure?: { readonly error: unknown }): void {
    this.#hasEnded = true
    this.#failure ??= failure
    this.#arrival.resolve()
    this.#room.resolve()
  }

  /** All that is there, waiting until something is: `quiet` where nothing came for so long, undefined at the end. */
  async take(quietMs?: number): Promise<Uint8Array | 'quiet' | undefined> {
    if (this.isEmpty && !this.#hasEnded) {
      const quiet = Promise.withResolvers<void>()
      const cancel = quietMs === undefined ? undefined : this.#clock.timer(quietMs, quiet.resolve)
      await Promise.race([this.#arrival.promise, quiet.promise])
      cancel?.()
    }
    this.#arrival = Promise.withResolvers()
    if (this.isEmpty) {
      if (!this.#hasEnded) return 'quiet'
      if (this.#failure) throw this.#failure.error
      return undefined
    }
    const { bytes } = this.#held
    this.#held = new ByteQueue()
    this.#room.resolve()
    this.#room = Promise.withResolvers()
    return bytes
  }
}
