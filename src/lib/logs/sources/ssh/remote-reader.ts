import { randomBytes } from 'node:crypto'
import type { Clock } from '../../../core/clock.ts'
import type { Output, Sudo, Transport } from '../../../core/transport.ts'
import { Deadline } from '../../../run/deadline.ts'
import { scriptCommand, scriptOutput } from '../../../transport/host-script.ts'
import { readerScript } from './reader-script.ts'

export interface RemoteFile {
  readonly path: string
  /** Device and inode, as `64769:1234`. */
  readonly node: string
  readonly size: number
}

export interface ReaderOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly sudo?: Sudo
}

/** An answer that takes longer is none: the connection is given up, milliseconds. */
const answerMs = 60_000
/** Of a list of files. */
const maxListBytes = 16 * 1024 * 1024
const maxGreetingBytes = 64 * 1024
const newline = 10

/** The connection ended, or the host did not answer as it should: the host is asked anew later. */
export class ReaderLost extends Error {
  override readonly name = 'ReaderLost'
}

/** Reads files of a host, one request after the other. */
export class RemoteReader implements AsyncDisposable {
  readonly #clock: Clock
  readonly #end: Buffer
  readonly #stop = new AbortController()
  readonly #requests: string[] = []
  #wakeWriter: (() => void) | undefined
  #isClosed = false
  #answer: Answer | undefined
  readonly #ended: Promise<void>
  /** Why nothing more comes. */
  #lost: ReaderLost | undefined
  /** What the login shell says before the script begins is not of it; undefined once that is over. */
  #greeting: Buffer | undefined = Buffer.alloc(0)

  constructor(transport: Transport, { clock, signal, sudo }: ReaderOptions) {
    this.#clock = clock
    const word = randomBytes(16).toString('hex')
    this.#end = Buffer.from(`\0${word}\n`)
    const work = transport.run(scriptCommand(readerScript, [word]), {
      signal: AbortSignal.any([signal, this.#stop.signal]),
      stdin: this.#written(),
      sink: ({ stream, bytes }) => {
        if (stream === 'stdout') this.#take(bytes)
      },
      ...(sudo && { sudo }),
    })
    this.#ended = work.then(
      output => this.#lose(new ReaderLost(lossOf(output))),
      error => this.#lose(new ReaderLost(error instanceof Error ? error.message : String(error), { cause: error })),
    )
  }

  /** All files that fit the patterns of sh. @throws ReaderLost */
  async list(patterns: readonly string[]): Promise<RemoteFile[]> {
    const answer = await this.#ask(`list\n${patterns.join('\n')}\n\n`, maxListBytes)
    return answer
      .toString()
      .split('\n')
      .flatMap(line => {
        const [, device, inode, size, path] = /^(\d+) (\d+) (\d+) (\/.*)$/.exec(line) ?? []
        return path === undefined ? [] : [{ path, node: `${device}:${inode}`, size: Number(size) }]
      })
  }

  /** At most `count` bytes from a position, and of which file they are; undefined where it can not be opened. @throws ReaderLost */
  async read(
    path: string,
    { from, count }: { readonly from: number; readonly count: number },
  ): Promise<{ readonly node: string; readonly size: number; readonly bytes: Buffer } | undefined> {
    const answer = await this.#ask(`read\n${path}\n${from + 1}\n${count}\n`, count + 1024)
    const end = answer.indexOf(newline)
    const [, device, inode, size] = /^(\d+) (\d+) (\d+)$/.exec(answer.toString('latin1', 0, Math.max(0, end))) ?? []
    return size === undefined ? undefined : { node: `${device}:${inode}`, size: Number(size), bytes: answer.subarray(end + 1) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#wakeWriter?.()
    this.#stop.abort(new ReaderLost('no longer read'))
    await this.#ended
  }

  async #ask(request: string, limit: number): Promise<Buffer> {
    if (this.#lost) throw this.#lost
    using deadline = new Deadline(this.#clock, {
      ms: answerMs,
      signal: this.#stop.signal,
      reason: () => new ReaderLost(`no answer within ${answerMs / 1000} s`),
    })
    const answer = new Answer(this.#end, limit)
    this.#answer = answer
    this.#requests.push(request)
    this.#wakeWriter?.()
    const give = (): void => answer.fail(deadline.signal.reason)
    deadline.signal.addEventListener('abort', give, { once: true })
    try {
      return await answer.whole
    } catch (error) {
      this.#stop.abort(error)
      throw error
    } finally {
      this.#answer = undefined
    }
  }

  #take(bytes: Uint8Array): void {
    let rest: Buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    if (this.#greeting !== undefined) {
      this.#greeting = Buffer.concat([this.#greeting, rest])
      const begun = scriptOutput({ stdout: this.#greeting })
      if (begun === undefined && this.#greeting.length < maxGreetingBytes) return
      if (begun === undefined) {
        this.#stop.abort(new ReaderLost('its login shell says too much'))
        return
      }
      this.#greeting = undefined
      rest = begun
    }
    if (rest.length > 0) this.#answer?.add(rest)
  }

  #lose(why: ReaderLost): void {
    this.#lost ??= why
    this.#answer?.fail(why)
  }

  async *#written(): AsyncGenerator<Uint8Array> {
    while (!this.#isClosed) {
      const request = this.#requests.shift()
      if (request !== undefined) yield Buffer.from(request)
      else
        await new Promise<void>(resolve => {
          this.#wakeWriter = resolve
        })
    }
  }
}

/** One answer as it comes. */
class Answer {
  readonly #settled = Promise.withResolvers<Buffer>()
  readonly #end: Buffer
  readonly #limit: number
  #bytes = Buffer.alloc(64 * 1024)
  #length = 0

  constructor(end: Buffer, limit: number) {
    this.#end = end
    this.#limit = limit
    // Failed while nobody waits yet: told to whoever asks.
    this.#settled.promise.catch(() => {})
  }

  get whole(): Promise<Buffer> {
    return this.#settled.promise
  }

  add(piece: Buffer): void {
    if (this.#length + piece.length > this.#limit + this.#end.length) {
      this.fail(new ReaderLost('the answer is too long'))
      return
    }
    if (this.#length + piece.length > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(2 * this.#bytes.length, this.#length + piece.length))
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    piece.copy(this.#bytes, this.#length)
    this.#length += piece.length
    // Nothing follows an answer before the next request, so that its end is at the end.
    const rest = this.#length - this.#end.length
    if (rest >= 0 && this.#bytes.subarray(rest, this.#length).equals(this.#end))
      this.#settled.resolve(this.#bytes.subarray(0, rest))
  }

  fail(why: unknown): void {
    this.#settled.reject(why)
  }
}

function lossOf({ code, message, stderr }: Output): string {
  const said = Buffer.from(stderr).toString().trim().split('\n').at(-1)
  return message ?? (said || `the shell there ended with ${code ?? 'no status'}`)
}
