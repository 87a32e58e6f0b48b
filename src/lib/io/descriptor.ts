import type { Style } from '../core/component.ts'
import { OpsError } from '../core/errors.ts'
import type { OutputPort } from '../core/io.ts'
import { fileSystem } from './file-system.ts'

interface Waiting {
  readonly bytes: Uint8Array
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

export interface DescriptorOptions {
  readonly name: 'stdout' | 'stderr'
  /** The stream does not exist: every write fails. */
  readonly closed: boolean
  /** Writes before it returns; what else runs waits for the reader. */
  readonly direct?: boolean
  /** There is no reader to wait for, so little pieces are written before `write` returns: a hop to another thread costs ten times as much. */
  readonly isFile?: boolean
  readonly isTerminal: boolean
  readonly columns: () => number
  readonly style: Style
  /** Waits a moment before the next try on a pipe that is full and non-blocking. */
  readonly later: (call: () => void) => void
}

/**
 * Writes to a file descriptor in order, each piece whole, and learns of every failure: a runtime's own stdout object may lose what
 * is written before an exit, or swallow a full disk. Pieces that wait are written together.
 */
export class Descriptor implements OutputPort {
  readonly isTerminal: boolean
  readonly style: Style
  readonly #fd: number
  readonly #options: DescriptorOptions
  #queue: Waiting[] = []
  #writing = false
  #broken: OpsError | undefined

  constructor(fd: number, options: DescriptorOptions) {
    this.#fd = fd
    this.#options = options
    this.isTerminal = options.isTerminal
    this.style = options.style
    if (options.closed) this.#broken = new OpsError('E_OUTPUT', `${options.name} is closed`)
  }

  get columns(): number {
    return this.#options.columns()
  }

  write(data: string | Uint8Array): Promise<void> {
    if (this.#broken) return Promise.reject(this.#broken)
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
    if (bytes.length === 0) return Promise.resolve()
    return new Promise((done, failed) => {
      this.#queue.push({ bytes, done, failed })
      if (!this.#writing) this.#next()
    })
  }

  #next(): void {
    const batch = this.#queue
    this.#queue = []
    this.#writing = batch.length > 0
    if (batch.length === 0) return
    const [first] = batch
    const bytes = batch.length === 1 && first ? first.bytes : Buffer.concat(batch.map(waiting => waiting.bytes))
    this.#writeAll(bytes, 0, error => {
      if (error) return this.#break(error, batch)
      for (const waiting of batch) waiting.done()
      this.#next()
    })
  }

  #writeAll(bytes: Uint8Array, from: number, done: (error?: NodeJS.ErrnoException) => void): void {
    const { direct, isFile } = this.#options
    const write = direct || (isFile && bytes.length <= littleBytes) ? writeDirectly : fileSystem().write
    write(this.#fd, bytes, from, bytes.length - from, null, (error, written) => {
      // A pipe that someone else made non-blocking is full: yield, then go on.
      if (error?.code === 'EAGAIN') return this.#options.later(() => this.#writeAll(bytes, from, done))
      if (error) return done(error)
      if (from + written < bytes.length) return this.#writeAll(bytes, from + written, done)
      done()
    })
  }

  #break(cause: NodeJS.ErrnoException, batch: readonly Waiting[]): void {
    const { name } = this.#options
    const gone = cause.code === 'EPIPE'
    this.#broken = new OpsError(
      'E_OUTPUT',
      gone ? `the reader of ${name} went away` : `${name} can not be written: ${cause.message}`,
      {
        cause,
        ...(gone && { exit: 141 }),
      },
    )
    this.#writing = false
    for (const waiting of [...batch, ...this.#queue]) waiting.failed(this.#broken)
    this.#queue = []
  }
}

/** More is handed to another thread: the kernel may have to wait for room. */
const littleBytes = 64 * 1024

function writeDirectly(
  fd: number,
  bytes: Uint8Array,
  from: number,
  length: number,
  position: null,
  done: (error: NodeJS.ErrnoException | null, written: number) => void,
): void {
  let failure: NodeJS.ErrnoException | null = null
  let written = 0
  try {
    written = fileSystem().writeSync(fd, bytes, from, length, position)
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error))
  }
  done(failure, written)
}
