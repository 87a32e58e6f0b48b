import type { Clock } from '../core/clock.ts'
import { formatDuration } from '../core/duration.ts'
import { OpsError } from '../core/errors.ts'
import { formatSize } from '../core/size.ts'
import type { Chunk, Output, RunOptions } from '../core/transport.ts'
import { OutputBuffer } from './output-buffer.ts'

export type Ended = NonNullable<Output['ended']>

/** How a command ended, as far as the transport knows. */
export interface Ending {
  readonly code: number | null
  readonly signal?: string
  readonly ended?: Ended
  readonly message?: string
}

/** Watches one command: takes its output, holds it to its limits, and asks once for its end when one is passed. */
export class CommandWatch {
  readonly #clock: Clock
  readonly #options: RunOptions
  readonly #stop: () => void
  readonly #startedAt: number
  readonly #stdout = new OutputBuffer()
  readonly #stderr = new OutputBuffer()
  readonly #onAbort = (): void => this.end(endedBy(this.#options.signal), stoppedBecause(this.#options.signal))
  #cancelTimeout: (() => void) | undefined
  #cancelIdle: (() => void) | undefined
  #lastOutputAt: number
  #bytes = 0
  #sinkTail: Promise<void> | undefined
  #ended: { readonly reason: Ended; readonly message: string } | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(input: { readonly clock: Clock; readonly options: RunOptions; readonly stop: () => void }) {
    this.#clock = input.clock
    this.#options = input.options
    this.#stop = input.stop
    this.#startedAt = this.#lastOutputAt = input.clock.monotonic()
    const { timeoutMs, idleTimeoutMs, signal } = input.options
    if (timeoutMs) {
      this.#cancelTimeout = this.#clock.timer(timeoutMs, () =>
        this.end('timeout', `ran longer than ${formatDuration(timeoutMs)}`),
      )
    }
    if (idleTimeoutMs) this.#watchIdle(idleTimeoutMs, idleTimeoutMs)
    if (signal.aborted) this.#onAbort()
    else signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** True from the moment on at which a limit was passed or the run was stopped. */
  get stopped(): boolean {
    return this.#ended !== undefined
  }

  get printed(): boolean {
    return this.#bytes > 0
  }

  /** True while our own sink holds the command back. */
  get held(): boolean {
    return this.#sinkTail !== undefined
  }

  get lastOutputAt(): number {
    return this.#lastOutputAt
  }

  /** Takes a piece of output. A returned promise asks to be held back until it settles; it never rejects. */
  accept(stream: Chunk['stream'], bytes: Uint8Array): Promise<void> | undefined {
    if (this.#ended?.reason === 'output-limit' || this.#failure) return undefined
    this.#lastOutputAt = this.#clock.monotonic()
    const limit = this.#options.maxOutputBytes ?? Number.POSITIVE_INFINITY
    const fits = this.#bytes + bytes.length <= limit ? bytes : bytes.subarray(0, limit - this.#bytes)
    this.#bytes += fits.length
    const held = fits.length > 0 ? this.#deliver({ stream, bytes: fits }) : this.#sinkTail
    if (fits.length < bytes.length) this.end('output-limit', `printed more than ${formatSize(limit)}`)
    return held
  }

  /** Ends the command; the first reason stays. */
  end(reason: Ended, message: string): void {
    if (this.#ended) return
    this.#ended = { reason, message }
    this.#stop()
  }

  /** Ends the command for a trouble on our side, with which the run of the command rejects. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.end('error', error instanceof Error ? error.message : String(error))
  }

  /** Takes back timers and listeners. */
  [Symbol.dispose](): void {
    this.#cancelTimeout?.()
    this.#cancelIdle?.()
    this.#options.signal.removeEventListener('abort', this.#onAbort)
  }

  /** The Output, once every piece is delivered. @throws what the sink threw */
  async finish(ending: Ending): Promise<Output> {
    this[Symbol.dispose]()
    await this.#sinkTail
    if (this.#failure) throw this.#failure.error
    const ended = this.#ended ?? (ending.ended ? { reason: ending.ended, message: ending.message ?? '' } : undefined)
    const message = this.#ended ? [this.#ended.message, ending.message].filter(Boolean).join('; ') : ending.message
    return {
      // A status that follows from our own signal says nothing about the command.
      code: this.#ended ? null : ending.code,
      ...(ending.signal === undefined ? {} : { signal: ending.signal }),
      stdout: this.#stdout.take(),
      stderr: this.#stderr.take(),
      ...(ended ? { ended: ended.reason } : {}),
      ...(message ? { message } : {}),
      durationMs: this.#clock.monotonic() - this.#startedAt,
    }
  }

  #deliver(chunk: Chunk): Promise<void> | undefined {
    const { sink } = this.#options
    if (!sink) {
      if (chunk.stream === 'stdout') this.#stdout.append(chunk.bytes)
      else this.#stderr.append(chunk.bytes)
      return undefined
    }
    if (this.#sinkTail) return this.#queue(this.#sinkTail.then(() => (this.#failure ? undefined : sink(chunk))))
    try {
      const wait = sink(chunk)
      return wait instanceof Promise ? this.#queue(wait) : undefined
    } catch (error) {
      this.fail(error)
      return undefined
    }
  }

  #queue(delivery: Promise<void>): Promise<void> {
    const tail: Promise<void> = delivery
      .catch(error => this.fail(error))
      .then(() => {
        if (this.#sinkTail === tail) this.#sinkTail = undefined
      })
    this.#sinkTail = tail
    return tail
  }

  #watchIdle(idleMs: number, waitMs: number): void {
    this.#cancelIdle = this.#clock.timer(waitMs, () => {
      // While it is held back its silence is not its own.
      const silentMs = this.held ? 0 : this.#clock.monotonic() - this.#lastOutputAt
      if (silentMs < idleMs) this.#watchIdle(idleMs, idleMs - silentMs)
      else this.end('idle-timeout', `printed nothing for ${formatDuration(idleMs)}`)
    })
  }
}

/** What an aborted signal means for a command or a connection. */
export function endedBy(signal: AbortSignal): 'deadline' | 'cancelled' {
  return signal.reason instanceof OpsError && signal.reason.code === 'E_DEADLINE' ? 'deadline' : 'cancelled'
}

export function stoppedBecause(signal: AbortSignal): string {
  return endedBy(signal) === 'deadline' ? 'the deadline of the run passed' : 'the run was interrupted'
}
