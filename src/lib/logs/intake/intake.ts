import type { Log } from '../../core/io.ts'
import type { SourceEvent, SourceLines, SourcePlace, Stream } from '../../core/log-source.ts'
import type { Chunk } from '../delivery/chunk.ts'
import type { PipelineSource } from '../pipeline/pipeline.ts'
import type { RuleWatch } from '../pipeline/stages.ts'
import { RecordBuffer } from '../record-buffer.ts'
import { Records } from '../records.ts'
import { SourceReading } from '../source-reading.ts'
import type { Store } from '../store/store.ts'
import type { StreamBook } from './stream-book.ts'

export interface IntakeOptions {
  readonly source: PipelineSource
  readonly book: StreamBook
  readonly place: SourcePlace
  readonly store: Store
  readonly log: Log
  /** Watches what is read. */
  readonly rules?: RuleWatch
  /** Settles when there is room for more. */
  readonly offer: (chunk: Chunk) => Promise<void>
}

/** What a source brings, as chunks of records. */
export class Intake {
  readonly #options: IntakeOptions
  /** What is known of each stream while it is read. */
  readonly #readings = new Map<string, SourceReading>()
  readonly #buffer = new RecordBuffer({ whole: true })

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Until the source ends or is told to. */
  async run(): Promise<void> {
    const { source, place } = this.#options
    for await (const event of source.source.read(place)) await this.#take(event)
  }

  async #take(event: SourceEvent): Promise<void> {
    const { store, place, book, source } = this.#options
    if (event.kind === 'lines') {
      const chunk = this.#chunk(event)
      const origin = { id: chunk.id, source: source.name, title: event.stream.title }
      this.#options.rules?.see(Records.ofLines(chunk.records, chunk.count), origin)
      await this.#options.offer(chunk)
    } else if (event.kind === 'idle') this.#options.rules?.idle(source.name)
    else if (event.kind === 'gap') {
      const { stream, from, bytes, reason } = event
      const about = { source: source.name, stream: stream.id, title: stream.title }
      store.gap({ ...about, at: place.clock.now(), from, reason, ...(bytes !== undefined && { bytes }) })
      place.log('warn', 'lines are lost', { ...about, reason, bytes })
    } else if (event.kind === 'end') {
      this.#readings.delete(event.stream.id)
      book.end(event.stream, event.stream.resume.at)
    }
  }

  #chunk(lines: SourceLines): Chunk {
    const { stream, from, to, token, bytes, cutFrom, isLastChance } = lines
    const { source } = this.#options
    const reading = this.#reading(stream)
    const { tally } = reading
    const before = { lines: tally.lines, records: tally.records + tally.misfits }
    const origin = { source: source.name, generation: 0, from, to }
    for (const _ of reading.read({ bytes, origin, ...(cutFrom !== undefined && { cutFrom }) }, this.#buffer));
    return {
      id: `${stream.id}:${from}-${to}`,
      records: this.#buffer.take().slice(),
      count: tally.records + tally.misfits - before.records,
      source: source.name,
      stream: stream.id,
      from,
      to,
      ...(token !== undefined && { token }),
      lines: tally.lines - before.lines,
      isUnique: !source.source.isReplayable,
      isLastChance: isLastChance === true,
    }
  }

  #reading(stream: Stream): SourceReading {
    const known = this.#readings.get(stream.id)
    if (known) return known
    const { source, log } = this.#options
    const reading = new SourceReading({ name: stream.title, format: source.format, log })
    this.#readings.set(stream.id, reading)
    return reading
  }
}
