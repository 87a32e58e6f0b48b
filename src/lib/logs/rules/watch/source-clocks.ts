import type { RecordsOrigin } from '../../pipeline/stages.ts'
import type { KeptWindows } from './kept-windows.ts'

/** So far a source may be behind the clock while it has more to read, and still be of this moment, milliseconds. */
const liveMs = 5000
const maxStreams = 10_000

/** How far each source has come, so that one that is behind is not mistaken for a silent one. */
export class SourceClocks {
  /** Of each stream the newest time, and how far it has come in bytes. */
  readonly #streams = new Map<string, { readonly newest: number; readonly to: number }>()
  /** Of each source: the newest time, and whether it has nothing more to read at the moment. */
  readonly #sources = new Map<string, { newest: number; isIdle: boolean }>()

  constructor(names: readonly string[], streams: KeptWindows['streams'] = []) {
    for (const [stream, newest, to] of streams) this.#streams.set(stream, { newest: newest ?? Number.NEGATIVE_INFINITY, to })
    for (const name of names) this.#sources.set(name, { newest: Number.NEGATIVE_INFINITY, isIdle: false })
  }

  /** How far each stream has come, to be kept over a restart. */
  get streams(): KeptWindows['streams'] {
    return [...this.#streams].map(([stream, { newest, to }]) => [stream, newest, to])
  }

  /** The newest time of a stream so far. */
  watermark(origin: RecordsOrigin): number {
    return this.#streams.get(streamOf(origin))?.newest ?? Number.NEGATIVE_INFINITY
  }

  /** A source that failed is read again from what is delivered on: what was seen already is not seen twice. */
  isSeen(origin: RecordsOrigin): boolean {
    const to = endOf(origin)
    return to !== undefined && to <= (this.#streams.get(streamOf(origin))?.to ?? -1)
  }

  saw(origin: RecordsOrigin, newest: number): void {
    const stream = streamOf(origin)
    const to = Math.max(endOf(origin) ?? -1, this.#streams.get(stream)?.to ?? -1)
    this.#streams.delete(stream)
    this.#streams.set(stream, { newest, to })
    if (this.#streams.size > maxStreams) {
      const [oldest] = this.#streams.keys()
      if (oldest !== undefined) this.#streams.delete(oldest)
    }
    const source = this.#sources.get(origin.source) ?? { newest, isIdle: false }
    source.newest = Math.max(source.newest, newest)
    source.isIdle = false
    this.#sources.set(origin.source, source)
  }

  idle(source: string): void {
    const known = this.#sources.get(source)
    if (known) known.isIdle = true
    else this.#sources.set(source, { newest: Number.NEGATIVE_INFINITY, isIdle: true })
  }

  /**
   * Up to which moment everything of a source has been seen: now, where it has nothing more to read, else the time of what it read last.
   * -Infinity where it has not begun.
   */
  upTo(source: string, now: number): number {
    const known = this.#sources.get(source)
    if (known === undefined) return Number.NEGATIVE_INFINITY
    return known.isIdle || known.newest > now - liveMs ? now : known.newest
  }

  /** The same of several together, all of them where none is named. */
  upToAll(sources: readonly string[] | undefined, now: number): number {
    let least = Number.POSITIVE_INFINITY
    for (const source of sources ?? this.#sources.keys()) least = Math.min(least, this.upTo(source, now))
    return least === Number.POSITIVE_INFINITY ? now : least
  }
}

const streamOf = ({ id, title }: RecordsOrigin): string => {
  const colon = id.indexOf(':')
  return colon > 0 ? id.slice(0, colon) : title
}

/** Of `STREAM:FROM-TO`. */
function endOf({ id }: RecordsOrigin): number | undefined {
  const [, to] = /:\d+-(\d+)$/.exec(id) ?? []
  return to === undefined ? undefined : Number(to)
}
