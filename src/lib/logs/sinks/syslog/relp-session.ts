import type { Duplex } from 'node:stream'
import { Arrival } from '../../../net/arrival.ts'
import { NetError, netError } from '../../../net/net-error.ts'
import { type RelpFrame, RelpFrames, relpFrame } from './relp-frames.ts'

const offers = 'relp_version=0\nrelp_software=opsctl\ncommands=syslog'
const none = new Uint8Array()
/** Messages that are written together; twice as many wait for their answers. */
const together = 256
const lastNumber = 999_999_999

interface Delivery<T> {
  readonly signal: AbortSignal
  readonly onTaken: (message: T) => void
}

/** A session of RELP: every message has a number, and the server says of each that it has taken it. After a failure it is of no use any more. */
export class RelpSession implements Disposable {
  readonly #stream: Duplex
  readonly #frames = new RelpFrames()
  readonly #arrival = new Arrival()
  readonly #unanswered = new Map<number, (data: string) => void>()
  #number = 0

  private constructor(stream: Duplex) {
    this.#stream = stream
    stream.on('data', (bytes: Uint8Array) => this.#take(bytes))
    stream.on('error', error => this.#arrival.fail(netError(error, { phase: 'wait' })))
    stream.on('end', () => this.#arrival.fail(closed()))
    stream.on('close', () => this.#arrival.fail(closed()))
  }

  /** @throws NetError; the signal's reason. The stream is closed then. */
  static async open(stream: Duplex, signal: AbortSignal): Promise<RelpSession> {
    const session = new RelpSession(stream)
    try {
      let agreed = ''
      stream.write(
        session.#framed('open', Buffer.from(offers), data => {
          agreed = data
        }),
      )
      await session.#answered(0, signal)
      if (!/^commands=(?:.*,)?syslog(?:,|$)/m.test(agreed)) throw new Error('the server takes no messages of syslog')
      return session
    } catch (error) {
      stream.destroy()
      throw error
    }
  }

  get isLost(): boolean {
    return this.#arrival.failed
  }

  /** Settles when all are taken. @throws NetError; the signal's reason */
  async deliver<T extends { readonly bytes: Uint8Array }>(
    messages: readonly T[],
    { signal, onTaken }: Delivery<T>,
  ): Promise<void> {
    for (let at = 0; at < messages.length; at += together) {
      signal.throwIfAborted()
      await this.#answered(together, signal)
      const next = messages.slice(at, at + together)
      this.#stream.write(Buffer.concat(next.map(message => this.#framed('syslog', message.bytes, () => onTaken(message)))))
    }
    await this.#answered(0, signal)
  }

  /** Says goodbye, and closes the connection when the server has heard it. */
  async close(signal: AbortSignal): Promise<void> {
    try {
      this.#stream.write(this.#framed('close', none, () => {}))
      await this.#answered(0, signal)
    } catch {
      // It was closed already, or the server has no time for it: nothing is under way.
    } finally {
      this[Symbol.dispose]()
    }
  }

  [Symbol.dispose](): void {
    this.#stream.destroy()
  }

  #framed(command: string, data: Uint8Array, onTaken: (data: string) => void): Buffer {
    this.#number = this.#number === lastNumber ? 1 : this.#number + 1
    this.#unanswered.set(this.#number, onTaken)
    return relpFrame(this.#number, command, data)
  }

  /** Settles when at most so many answers are missing. */
  async #answered(most: number, signal: AbortSignal): Promise<void> {
    const abort = (): void => this.#arrival.fail(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    try {
      while (this.#unanswered.size > most) await this.#arrival.next()
    } catch (error) {
      // The last answer and the end may come together.
      if (this.#unanswered.size > most) throw error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  #take(bytes: Uint8Array): void {
    try {
      for (const frame of this.#frames.add(bytes)) this.#answer(frame)
    } catch (error) {
      this.#arrival.fail(error)
    }
    this.#arrival.came()
  }

  #answer({ number, command, data }: RelpFrame): void {
    if (command === 'serverclose') throw closed()
    const onTaken = this.#unanswered.get(number)
    if (command !== 'rsp' || onTaken === undefined) throw new Error('the server answers what it was not asked')
    if (!/^200(?:\s|$)/.test(data) && data !== '') throw new Error(`answered ${data.slice(0, 300).replaceAll(/\s+/g, ' ')}`)
    this.#unanswered.delete(number)
    onTaken(data)
  }
}

const closed = (): NetError => new NetError('reset', 'the server closed the connection', { phase: 'wait' })
