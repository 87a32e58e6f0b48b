import type { SourceEvent, SourcePlace, Streams } from '../../core/log-source.ts'
import type { PipelineSource } from '../pipeline/pipeline.ts'

interface PartTrouble {
  readonly problem: string
  /** Monotonic. */
  readonly since: number
}

/**
 * A source while it is read. Whoever takes its events may leave it to another: what was asked for then stays, so that nothing is lost of a
 * source that can not be read again while everything behind it changes.
 */
export class SourceFeed {
  readonly source: PipelineSource
  /** Something has come of it. */
  hasBrought = false
  readonly #stop = new AbortController()
  readonly #events: AsyncIterator<SourceEvent>
  readonly #troubles = new Map<string, PartTrouble>()
  #streams: Streams
  #asked: Promise<IteratorResult<SourceEvent>> | undefined

  constructor(
    source: PipelineSource,
    { streams, ...place }: Omit<SourcePlace, 'signal' | 'name' | 'framing' | 'onPart'> & { readonly streams: Streams },
  ) {
    this.source = source
    this.#streams = streams
    const { name, framing } = source
    const current = { known: () => this.#streams.known(), begin: this.#begin }
    const onPart = (part: string, problem: string | undefined): void => {
      const known = this.#troubles.get(part)
      if (problem === undefined) this.#troubles.delete(part)
      else this.#troubles.set(part, { problem, since: known?.since ?? place.clock.monotonic() })
    }
    this.#events = source.source
      .read({ ...place, name, framing, streams: current, signal: this.#stop.signal, onPart })
      [Symbol.asyncIterator]()
  }

  /** Reading ends, and with it the events. */
  stop(reason?: unknown): void {
    this.#stop.abort(reason)
  }

  get isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  /** Parts of it that can not be read, by name. */
  get troubles(): ReadonlyMap<string, PartTrouble> {
    return this.#troubles
  }

  /** Who remembers its streams from now on. */
  set streams(streams: Streams) {
    this.#streams = streams
  }

  /** The next event, undefined behind the last one; `left` as soon as the signal aborts. @throws what the source throws */
  async next(leave: AbortSignal): Promise<SourceEvent | 'left' | undefined> {
    if (leave.aborted) return 'left'
    this.#asked ??= this.#events.next()
    // What can be read again is never left to another.
    const next = this.source.source.isReplayable ? await this.#asked : await unless(leave, this.#asked)
    if (next === 'left') return next
    this.#asked = undefined
    this.hasBrought ||= !next.done
    return next.done ? undefined : next.value
  }

  /** Closes what the source has open. Not beside `next`. */
  async close(): Promise<void> {
    this.stop()
    // One that was asked for and not taken: whatever came of it, nobody wants it.
    await this.#asked?.catch(() => {})
    await this.#events.return?.()
  }

  readonly #begin: Streams['begin'] = (identity, title) => this.#streams.begin(identity, title)
}

async function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T | 'left'> {
  const left = Promise.withResolvers<'left'>()
  const leave = (): void => left.resolve('left')
  signal.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([work, left.promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
