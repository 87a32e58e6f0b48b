import type { Duplex } from 'node:stream'
import type { Clock } from '../../../core/clock.ts'
import type { Arrived } from '../../../net/server/stream-listener.ts'
import type { MessageBox } from './message-box.ts'
import { MessageFrames } from './message-frames.ts'

export interface SenderOptions {
  readonly box: MessageBox
  readonly clock: Clock
  readonly maxBytes: number
  /** Without a byte for so long it is ended, and so is one whose message is not whole for `messageMs`. */
  readonly idleMs: number
  readonly messageMs: number
  /** Told how much more, or less, is held of messages that are not whole; false where that is too much. */
  readonly hold: (bytes: number) => boolean
  readonly complain: (remote: string, why: string) => void
}

/** One connection over which messages come: held back where nobody takes them. */
export class Sender {
  readonly #stream: Duplex
  readonly #remote: string
  readonly #options: SenderOptions
  readonly #frames: MessageFrames
  #heardAt: number
  /** When the message under way began. */
  #begunAt: number | undefined
  #isHeldBack = false
  #held = 0
  #cancelTimer = (): void => {}

  constructor({ stream, remote }: Arrived, options: SenderOptions) {
    this.#stream = stream
    this.#remote = remote
    this.#options = options
    this.#frames = new MessageFrames(options.maxBytes)
    this.#heardAt = options.clock.monotonic()
    stream.on('data', (bytes: Uint8Array) => this.#take(bytes))
    stream.on('error', () => stream.destroy())
    stream.once('end', () => stream.end())
    stream.once('close', () => this.#close())
    this.#watch(Math.min(options.idleMs, options.messageMs))
  }

  #take(bytes: Uint8Array): void {
    const { box, clock } = this.#options
    this.#heardAt = clock.monotonic()
    const before = this.#frames.unfinished
    let whole = 0
    try {
      for (const frame of this.#frames.add(bytes)) {
        box.add(frame, this.#remote)
        whole++
      }
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error))
      return
    }
    if (this.#frames.unfinished === 0) this.#begunAt = undefined
    else if (whole > 0 || before === 0) this.#begunAt = this.#heardAt
    if (!this.#hold(this.#frames.held)) this.#end('too much is held of messages that are not whole')
    const { wait } = box
    if (wait !== undefined) this.#holdBack(wait)
  }

  #holdBack(wait: Promise<void>): void {
    this.#isHeldBack = true
    this.#stream.pause()
    void wait.then(() => {
      this.#isHeldBack = false
      this.#heardAt = this.#options.clock.monotonic()
      if (this.#begunAt !== undefined) this.#begunAt = this.#heardAt
      this.#stream.resume()
    })
  }

  #hold(bytes: number): boolean {
    const more = bytes - this.#held
    this.#held = bytes
    return this.#options.hold(more)
  }

  #watch(ms: number): void {
    const { clock, idleMs, messageMs } = this.#options
    const look = (): void => {
      const now = clock.monotonic()
      const quietMs = this.#isHeldBack ? 0 : now - this.#heardAt
      const slowMs = this.#isHeldBack || this.#begunAt === undefined ? 0 : now - this.#begunAt
      if (slowMs >= messageMs) this.#end('its message took too long')
      // That nothing is to be said is no complaint.
      else if (quietMs >= idleMs) this.#stream.destroy()
      else this.#watch(Math.max(1, Math.min(idleMs - quietMs, messageMs - slowMs)))
    }
    this.#cancelTimer = clock.timer(ms, look, { background: true })
  }

  #end(why: string): void {
    this.#options.complain(this.#remote, why)
    this.#stream.destroy()
  }

  #close(): void {
    const { box } = this.#options
    this.#cancelTimer()
    for (const frame of this.#frames.end()) box.add(frame, this.#remote)
    const bytes = this.#frames.unfinished
    if (bytes > 0) box.lose({ span: bytes, bytes, reason: 'a message was cut off with its connection' })
    this.#hold(0)
  }
}
