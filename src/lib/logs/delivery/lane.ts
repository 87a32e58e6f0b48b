import { type Clock, sleep } from '../../core/clock.ts'
import type { Log } from '../../core/io.ts'
import type { OpenSink, SinkLimits } from '../../core/sink.ts'
import type { Store } from '../store/store.ts'
import type { Chunk } from './chunk.ts'

export interface LaneOptions {
  readonly name: string
  readonly sink: OpenSink
  readonly limits: SinkLimits
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  /** Told the streams of which something was delivered. */
  readonly onDelivered: (streams: readonly string[]) => void
}

const maxQueuedBytes = 8 * 1024 * 1024
const retryMs = 1000

/** The way to one sink: chunks wait here in their order until the sink acknowledged them. */
export class Lane {
  readonly #options: LaneOptions
  #queue: Chunk[] = []
  #bytes = 0
  #pumping: Promise<void> | undefined
  #roomWanted: (() => void) | undefined

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** Settles when there is room for more. */
  async offer(chunk: Chunk): Promise<void> {
    const { store, name } = this.#options
    if (chunk.to <= (store.places(chunk.stream).get(name)?.safe ?? 0)) return
    this.#queue.push(chunk)
    this.#bytes += chunk.records.length
    this.#pumping ??= this.#pump()
    if (this.#bytes < maxQueuedBytes) return
    await new Promise<void>(resolve => {
      this.#roomWanted = resolve
    })
  }

  /** Settles when all that was offered is acknowledged, or the signal aborted. */
  async drained(): Promise<void> {
    await this.#pumping
  }

  async #pump(): Promise<void> {
    const { signal } = this.#options
    while (this.#queue.length > 0 && !signal.aborted) {
      const chunks = this.#next()
      await this.#deliver(chunks)
      if (signal.aborted) break
      this.#queue.splice(0, chunks.length)
      for (const { records } of chunks) this.#bytes -= records.length
      this.#roomWanted?.()
      this.#roomWanted = undefined
    }
    this.#pumping = undefined
    this.#roomWanted?.()
  }

  #next(): Chunk[] {
    const { limits } = this.#options
    const chunks: Chunk[] = []
    let bytes = 0
    for (const chunk of this.#queue) {
      if (chunks.length > 0 && bytes + chunk.records.length > limits.bytes) break
      chunks.push(chunk)
      bytes += chunk.records.length
    }
    return chunks
  }

  async #deliver(chunks: readonly Chunk[]): Promise<void> {
    const { sink, store, name, clock, log, signal } = this.#options
    const sent = chunks.filter(({ count }) => count > 0)
    store.sending(
      name,
      chunks.map(({ stream, to }) => ({ stream, to })),
    )
    for (;;) {
      const receipt = sent.length === 0 ? { result: 'delivered' as const } : await sink.send(sent, signal)
      if (receipt.result === 'delivered') {
        const state = 'state' in receipt ? receipt.state : undefined
        store.commit({
          sink: name,
          advances: chunks.map(({ stream, source, to, token, lines, from, count }) => ({
            stream,
            source,
            safe: to,
            delivered: to,
            ...(token !== undefined && { token }),
            counts: { lines, bytes: to - from, records: count, delivered: count },
          })),
          ...(state !== undefined && { state }),
        })
        this.#options.onDelivered([...new Set(chunks.map(({ stream }) => stream))])
        return
      }
      if (signal.aborted) return
      log('warn', 'a sink did not take records: tried again', { sink: name, problem: receipt.message })
      await sleep(clock, retryMs, signal).catch(() => {})
      if (signal.aborted) return
    }
  }
}
