import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/io.ts'
import type { SourceEvent, SourceGap, SourceLines, Stream } from '../../core/log-source.ts'
import { recordName } from '../../core/sink.ts'
import type { BufferPool } from '../delivery/buffer-pool.ts'
import type { Chunk, ChunkHead } from '../delivery/chunk.ts'
import type { DeadLetters } from '../delivery/dead-letters.ts'
import type { Fork } from '../delivery/fork.ts'
import type { Lane } from '../delivery/lane.ts'
import type { RecordFilter, RecordsOrigin, RuleWatch, Shaped, Shaper } from '../pipeline/stages.ts'
import { RecordBuffer } from '../record-buffer.ts'
import { Records } from '../records.ts'
import { SourceReading } from '../source-reading.ts'
import type { Store } from '../store/store.ts'
import { sinkStage } from '../tap/tap-stage.ts'
import type { Taps } from '../tap/taps.ts'
import { addFields } from './add-fields.ts'
import { lendShared, type SharedMemory, takeShared } from './chunk-memory.ts'
import { readLines, shapeRecords } from './read-lines.ts'
import type { SourceFeed } from './source-feed.ts'
import type { StreamBook } from './stream-book.ts'

export interface IntakeOptions {
  readonly feed: SourceFeed
  /** The source is left to another intake. */
  readonly leave: AbortSignal
  readonly book: StreamBook
  readonly clock: Clock
  readonly store: Store
  readonly log: Log
  readonly fork: Fork
  /** How many lanes get what this source reads. */
  readonly readers: number
  readonly pool: BufferPool
  readonly deadLetters: DeadLetters
  /** Absent: records stay as they were read. */
  readonly shaper?: Shaper | undefined
  readonly rules?: RuleWatch | undefined
  /** Fields of records that somebody looks at; absent for all. */
  readonly wants?: readonly string[] | undefined
  /** Rules alone look at it: what they have judged goes on as a count. */
  readonly isNowhere?: boolean | undefined
  /** Who looks at what passes. */
  readonly taps?: Taps | undefined
  /** Of the sinks that do not get everything, by name. */
  readonly filters: ReadonlyMap<string, RecordFilter>
}

/** What a source brings, as chunks of records. */
export class Intake {
  readonly #options: IntakeOptions
  /** What is known of each stream while it is read. */
  readonly #readings = new Map<string, SourceReading>()
  /** Where the last event of each stream ended. */
  readonly #ends = new Map<string, number>()
  readonly #buffer = new RecordBuffer({ whole: true })

  readonly #name: string
  readonly #isReplayable: boolean

  constructor(options: IntakeOptions) {
    this.#options = options
    const { name, source } = options.feed.source
    this.#name = name
    this.#isReplayable = source.isReplayable
  }

  /** Until the source ends, is told to, or is left to another. @throws OpsError when the source as a whole can not be read */
  async run(): Promise<void> {
    const { feed, leave } = this.#options
    for (;;) {
      const event = await feed.next(leave)
      if (event === 'left') return
      // What can not be read again has been taken from where it was: it is kept, to the end.
      if (event === undefined || (feed.isStopped && this.#isReplayable)) return await feed.close()
      await this.#take(event)
    }
  }

  async #take(event: SourceEvent): Promise<void> {
    if (event.kind === 'lines') await this.#takeLines(event)
    else if (event.kind === 'gap') await this.#takeGap(event)
    else if (event.kind === 'end') this.#end(event.stream, event.failure)
    else this.#options.rules?.idle(this.#name)
  }

  async #takeLines(lines: SourceLines): Promise<void> {
    const { fork, deadLetters, book, shaper, taps } = this.#options
    const { stream, from, to, fields } = lines
    const reading = this.#reading(stream)
    const { tally } = reading
    const before = { lines: tally.lines, records: tally.records + tally.misfits }
    readLines(lines, { source: this.#name, reading, buffer: this.#buffer })
    const count = tally.records + tally.misfits - before.records
    // What is kept on disk, or shown to somebody, is kept whole.
    const isLent = this.#options.isNowhere && this.#isReplayable && !lines.isLastChance && !taps?.isWatched
    const memory = isLent ? lendShared(this.#buffer) : takeShared(this.#buffer, this.#options)
    const remembered = reading.newMemory()
    if (remembered !== undefined) book.remember(stream, remembered)
    this.#ends.set(stream.id, to)
    const id = `${stream.id}:${from}-${to}`
    const begunAt = book.begunAt(stream)
    const origin = { id, source: this.#name, title: stream.title, ...(begunAt !== undefined && { begunAt }) }
    const read = Records.ofLines(fields && count > 0 ? addFields(memory.records, fields) : memory.records, count)
    if (taps?.isWatched) {
      taps.showLines(lines.bytes, origin)
      taps.show('parsed', read, origin)
    }
    const shaped = shapeRecords(read, { shaper, origin })
    if (shaped.dead.length > 0 && !(await deadLetters.add(this.#letters(shaped, origin)))) return
    if (shaped.records.count > 0) this.#options.rules?.see(shaped.records, origin)
    if (taps?.isWatched) taps.show('shaped', shaped.records, origin)
    const head = {
      ...this.#head(lines, id),
      lines: tally.lines - before.lines,
      bytes: to - from,
      dead: shaped.dead.length,
      isUnique: !this.#isReplayable,
      isLastChance: lines.isLastChance === true,
    }
    const { count: passed } = shaped.records
    const judged = { ...head, count: passed, records: new Uint8Array(), holds: memory.holds, release: memory.release }
    await fork.offer(lane => (isLent ? judged : this.#chunkFor(lane, { head, records: shaped.records, memory, origin })))
  }

  /** Behind a gap reading goes on for everybody: it takes its turn among the lines. */
  async #takeGap(gap: SourceGap): Promise<void> {
    const { store, clock, log, fork } = this.#options
    const { stream, from, to, bytes, reason } = gap
    const about = { source: this.#name, stream: stream.id, title: stream.title }
    if (store.gaps.add({ ...about, at: clock.now(), from, reason, ...(bytes !== undefined && { bytes }) }))
      log('warn', 'lines are lost', { ...about, reason, bytes })
    this.#ends.set(stream.id, to ?? from)
    if (to === undefined || to <= from) return
    const nothing = { count: 0, records: new Uint8Array(), holds: 0, lines: 0, bytes: 0, dead: 0, release: () => {} }
    const chunk = { ...this.#head({ stream, from, to }, `${stream.id}:${from}-${to}`), ...nothing }
    await fork.offer(() => ({ ...chunk, isUnique: !this.#isReplayable, isLastChance: false }))
  }

  #end(stream: Stream, failure: string | undefined): void {
    const { book, log } = this.#options
    if (failure !== undefined)
      log('warn', 'a stream ended before its end', { source: this.#name, title: stream.title, problem: failure })
    book.end(stream, this.#ends.get(stream.id) ?? stream.resume.at)
    this.#readings.delete(stream.id)
    this.#ends.delete(stream.id)
  }

  #head({ stream, from, to, token }: Pick<SourceLines, 'stream' | 'from' | 'to' | 'token'>, id: string) {
    return { id, source: this.#name, stream: stream.id, from, to, ...(token !== undefined && { token }) }
  }

  #chunkFor(
    lane: Lane,
    made: {
      readonly head: Omit<ChunkHead, 'count'> & Pick<Chunk, 'isUnique' | 'isLastChance'>
      readonly records: Records
      readonly memory: SharedMemory
      readonly origin: RecordsOrigin
    },
  ): Chunk {
    const { head, memory, origin } = made
    const { filters, taps } = this.#options
    const filter = filters.get(lane.name)
    const records = filter && made.records.count > 0 ? filter.filter(made.records) : made.records
    if (taps?.isWatched && head.to > lane.reached(head.stream).at) taps.show(sinkStage(lane.name), records, origin)
    const { lines, count } = records
    // Records that a stage made are in memory of their own.
    const holds = lines === memory.records ? memory.holds : lines.length
    return { ...head, records: lines, count, holds, release: memory.release }
  }

  #letters({ dead }: Shaped, { id, source }: RecordsOrigin) {
    const at = this.#options.clock.now()
    return dead.map(({ stage, reason, record }, index) => ({
      id: recordName({ id: `${id}:${stage}` }, index),
      source,
      stage,
      reason,
      record,
      at,
    }))
  }

  #reading(stream: Stream): SourceReading {
    const known = this.#readings.get(stream.id)
    if (known) return known
    const { feed, log, book, wants } = this.#options
    const { format } = feed.source
    const reading = new SourceReading({ name: stream.title, format, log, memory: book.memory(stream), wants })
    this.#readings.set(stream.id, reading)
    return reading
  }
}
