import { unlink } from 'node:fs/promises'
import type { SourceEvent, SourcePlace } from '../../../core/log-source.ts'
import { eventTimeoutMs } from '../framing/framer.ts'
import { DirectoryWatches } from './directory-watches.ts'
import { FileSet } from './file-set.ts'
import { overlapBytes } from './identity.ts'
import type { FileSettings } from './settings.ts'
import type { Tail, Turn } from './tail.ts'
import { problemOf } from './troubles.ts'
import { Wakes } from './wakes.ts'

/** As much as is read of one file before the next one has its turn. */
const blockBytes = 1024 * 1024
/** Longest end of a line. */
const spareBytes = 4
/** Longer than any watch takes to be there. */
const watchMs = 1000
/** How often everything is looked at, in case the system did not tell, and where it never does. */
const lookMs = 10_000
const blindLookMs = 1000
/** Whoever deleted a file may still write to it, for so long after the last bytes. */
const unlinkedMs = 1000
/** One that was renamed, too: until it was told to open the new one. */
const outsideMs = 300_000
/** Before a file is deleted nobody wrote to it for so long. */
const removeMs = 5000

/** Reads files, those that are there and with `follow` what comes, until the signal aborts. */
export async function* readFiles(place: SourcePlace, settings: FileSettings): AsyncGenerator<SourceEvent> {
  await using files = new FileSet(place, settings)
  yield* new FileReading(place, { settings, files }).events()
}

class FileReading {
  readonly #place: SourcePlace
  readonly #settings: FileSettings
  readonly #files: FileSet
  readonly #room: Uint8Array
  /** Files that may have something, the one that waits longest first. */
  readonly #ready = new Set<Tail>()
  /** Files of which it was told that they changed: they are read together with the others that are. */
  readonly #touched = new Set<Tail>()
  /** When something is to be done about files though nothing comes. */
  readonly #dues = new Map<Tail, number>()
  /** Files that are open, the one that was read longest ago first. */
  readonly #open = new Set<Tail>()
  readonly #wakes: Wakes
  #isScanWanted = true
  #nextScanMs = 0
  /** The runtime gives a watch back before it is there: what changes until then nobody tells. */
  #watchedAtMs = 0

  constructor(place: SourcePlace, { settings, files }: { readonly settings: FileSettings; readonly files: FileSet }) {
    this.#place = place
    this.#settings = settings
    this.#files = files
    this.#room = new Uint8Array(overlapBytes + Math.max(blockBytes, place.framing.maxLineBytes + spareBytes))
    this.#wakes = new Wakes(place)
  }

  async *events(): AsyncGenerator<SourceEvent> {
    const { signal, follow, log } = this.#place
    using watches = new DirectoryWatches({
      log,
      onChange: path => this.#changed(path),
      onRename: () => this.#wantScan(),
    })
    let isIdle = false
    while (!signal.aborted) {
      const tail = this.#isScanWanted ? undefined : this.#next()
      if (tail !== undefined) {
        isIdle = false
        yield* this.#turn(tail)
        if (this.#files.isUnsettled) this.#isScanWanted = true
      } else if (this.#isScanWanted) {
        this.#isScanWanted = false
        const began = this.#place.clock.monotonic()
        const { directories } = yield* this.#files.refresh({ onGrown: grown => this.#ready.add(grown), quick: watches.watched })
        // Told of a change before it was looked at, or after: never in between.
        if (follow && (await watches.watch(directories))) {
          this.#isScanWanted = true
          this.#watchedAtMs = this.#place.clock.monotonic() + watchMs
        }
        await this.#removeDelivered()
        const now = this.#place.clock.monotonic()
        const every = this.#settings.pollMs ?? (watches.isBlind ? blindLookMs : lookMs)
        const next = now + Math.max(every, 10 * (now - began))
        this.#nextScanMs = now < this.#watchedAtMs ? Math.min(next, this.#watchedAtMs) : next
      } else {
        if (!isIdle) yield { kind: 'idle' }
        isIdle = true
        if (!follow) return this.#files.troubles.demandNone()
        await this.#wait()
      }
    }
  }

  #changed(path: string): void {
    const tail = this.#files.at(path)
    if (tail === undefined) return
    if (tail === null) this.#isScanWanted = true
    else this.#touched.add(tail)
    this.#wakes.wake()
  }

  #wantScan(): void {
    this.#isScanWanted = true
    this.#wakes.wake()
  }

  #next(): Tail | undefined {
    if (this.#ready.size > 0) this.#takeTouched()
    for (const tail of this.#ready) {
      const { after } = tail
      if (after === undefined || after.isAtEnd || this.#files.tails.get(after.key) !== after || !this.#ready.has(after)) {
        this.#ready.delete(tail)
        tail.after = undefined
        return tail
      }
    }
    return undefined
  }

  #takeTouched(): void {
    for (const tail of this.#touched) this.#ready.add(tail)
    this.#touched.clear()
  }

  async #wait(): Promise<void> {
    const first = Math.min(this.#nextScanMs, ...this.#dues.values())
    await this.#wakes.until(first)
    this.#takeTouched()
    const now = this.#place.clock.monotonic()
    if (now >= this.#nextScanMs) this.#isScanWanted = true
    for (const [tail, due] of this.#dues) {
      if (now < due) continue
      this.#dues.delete(tail)
      this.#ready.add(tail)
    }
  }

  async *#turn(tail: Tail): AsyncGenerator<SourceEvent> {
    const { tails, troubles } = this.#files
    this.#dues.delete(tail)
    if (tails.get(tail.key) !== tail) return
    try {
      await this.#openOne(tail)
      const now = this.#place.clock.monotonic()
      const closing = this.#closing(tail, now)
      const end = yield* tail.turn({ room: this.#room, nowMs: now, ...closing })
      troubles.isOver(tail.path)
      if (end === 'changed') await this.#files.lose(tail)
      else if (end === 'more') this.#ready.add(tail)
      else yield* this.#atEnd(tail, { now, isClosed: closing.closesLine })
      if (end !== 'changed') await troubles.guard(tail.path, () => tail.describe())
    } catch (error) {
      yield* this.#failed(tail, error)
    }
    if (!tail.isOpen) this.#open.delete(tail)
  }

  /** What nothing more is expected for. */
  #closing(tail: Tail, now: number): Pick<Turn, 'closesLine' | 'closesEvent' | 'isOver'> {
    const { partialAfterMs = Number.POSITIVE_INFINITY } = this.#settings
    const eventMs = eventTimeoutMs(this.#place.framing) ?? Number.POSITIVE_INFINITY
    const quietMs = tail.grewAtMs === 0 ? 0 : now - tail.grewAtMs
    const isOver = !this.#place.follow || tail.compression !== undefined
    const closesLine =
      isOver ||
      (tail.isUnlinked && quietMs >= unlinkedMs) ||
      (tail.isOutside && quietMs >= outsideMs) ||
      quietMs >= partialAfterMs
    return { isOver, closesLine, closesEvent: closesLine || quietMs >= eventMs }
  }

  async *#atEnd(
    tail: Tail,
    { now, isClosed }: { readonly now: number; readonly isClosed: boolean },
  ): AsyncGenerator<SourceEvent> {
    const { follow, framing } = this.#place
    const quietMs = now - tail.grewAtMs
    if (tail.isUnlinked && (!follow || quietMs >= unlinkedMs) && isClosed) return await this.#files.lose(tail, true)
    if (tail.isOutside && follow && quietMs >= outsideMs && isClosed) {
      this.#files.tails.delete(tail.key)
      await tail.close()
      return yield { kind: 'end', stream: tail.stream }
    }
    if (tail.compression !== undefined) {
      await tail.close()
      await this.#files.troubles.guard(tail.path, () => tail.describe({ done: { size: tail.sizeSeen, at: tail.from } }))
      return
    }
    const { partialAfterMs } = this.#settings
    const waits = [
      tail.isUnlinked ? unlinkedMs : undefined,
      tail.isOutside ? outsideMs : undefined,
      tail.hasHeld ? partialAfterMs : undefined,
      tail.hasHeld ? eventTimeoutMs(framing) : undefined,
    ].filter(wait => wait !== undefined && wait > quietMs)
    if (waits.length > 0) this.#dues.set(tail, tail.grewAtMs + Math.min(...waits.map(wait => wait ?? 0)))
  }

  async *#failed(tail: Tail, error: unknown): AsyncGenerator<SourceEvent> {
    const problem = problemOf(error)
    await tail.close()
    if (tail.compression !== undefined && (problem === undefined || problem.startsWith('Z'))) {
      this.#files.troubles.tell(tail.path, error instanceof Error ? error.message : String(error))
      tail.isAtEnd = true
      return yield { kind: 'gap', stream: tail.stream, from: tail.from, reason: 'compressed data that is cut short or damaged' }
    }
    if (problem === undefined) throw error
    // It has another name, or none: the scan finds out. What can not be read for other reasons is tried again with the one after.
    if (problem === 'ENOENT' || problem === 'ESTALE') this.#isScanWanted = !tail.isLookedFor
    else this.#files.troubles.tell(tail.path, problem)
    tail.isLookedFor = problem === 'ENOENT' || problem === 'ESTALE'
    tail.sizeSeen = -1
  }

  async #openOne(tail: Tail): Promise<void> {
    this.#open.delete(tail)
    for (const other of this.#open) {
      if (this.#open.size < this.#settings.maxOpen) break
      this.#open.delete(other)
      // One that has no name any more could not be opened again.
      if (!other.isUnlinked) await other.close()
    }
    this.#open.add(tail)
    await tail.open()
    tail.isLookedFor = false
  }

  /** Deletes files that are finished and of which every sink has everything. */
  async #removeDelivered(): Promise<void> {
    if (!this.#settings.removeAfterDelivery) return
    const now = this.#place.clock.monotonic()
    for (const tail of this.#files.tails.values()) {
      const isFinished = tail.compression !== undefined || tail.formerPath !== undefined
      if (!isFinished || !tail.isAtEnd || tail.hasHeld || now - tail.grewAtMs < removeMs) continue
      if (tail.stream.delivered < tail.from || this.#ready.has(tail)) continue
      await this.#files.troubles.guard(tail.path, async () => {
        await tail.open()
        if (tail.compression === undefined && (await tail.peek(tail.from, 1)).length > 0) return
        await unlink(tail.path)
        this.#place.log('info', 'a file was deleted: all of it is delivered', { path: tail.path })
        this.#isScanWanted = true
      })
    }
  }
}
