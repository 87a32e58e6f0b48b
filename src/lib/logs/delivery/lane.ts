import { type Clock, sleep } from '../../core/clock.ts'
import type { Log } from '../../core/io.ts'
import type { Json } from '../../core/json.ts'
import type { OpenSink, SinkLimits } from '../../core/sink.ts'
import type { LedgerRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import { Arrivals } from './arrivals.ts'
import { Backlog } from './backlog.ts'
import type { Chunk } from './chunk.ts'
import type { DeadLetters } from './dead-letters.ts'
import { deadLettersOf } from './dead-letters-of.ts'
import { whenDiskAllows } from './disk-work.ts'
import { LaneQueue } from './lane-queue.ts'
import { type Shipped, ship } from './shipment.ts'
import { SinkFigures } from './sink-figures.ts'
import { SinkHealth } from './sink-health.ts'
import type { Spool } from './spool.ts'
import { joined, Waiting } from './waiting.ts'

export interface LaneOptions {
  readonly name: string
  readonly sink: OpenSink
  readonly limits: SinkLimits
  readonly store: Store
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  /** What may wait in memory, bytes. */
  readonly maxHeldBytes: number
  /** Of one attempt to send; 30 s by default. */
  readonly deadlineMs?: number
  readonly spool: {
    readonly found: Spool | undefined
    readonly make: () => Promise<Spool>
    readonly maxBytes: number
    readonly dropsWhenFull: boolean
    readonly collectGarbage: () => void
  }
  readonly deadLetters: DeadLetters
  /** No attempt is begun behind a failed one, and nothing is taken out of the spool any more. */
  readonly stopping: AbortSignal
  /** Everything ends. */
  readonly ending: AbortSignal
  /** Told the streams of which something was delivered. */
  readonly onDelivered: (streams: ReadonlySet<string>) => void
}

/** Where a lane is in a stream. */
export interface Reached {
  readonly at: number
  readonly token?: Json
}

interface UnderWay {
  readonly entries: readonly Waiting[]
  /** Once it is known. */
  outcome?: Shipped | 'stopped'
}

const defaultDeadlineMs = 30_000
const tendMs = 1000
/** A sink that does not end when it is told to is left behind. */
const patienceMs = 5000
/** The way to one sink: chunks wait here in their order until the sink acknowledged them, some in memory and some in its spool. */
export class Lane {
  readonly name: string
  readonly #options: LaneOptions
  /** Of its attempts to send. */
  readonly figures = new SinkFigures()
  readonly #health: SinkHealth
  readonly #arrivals: Arrivals
  readonly #backlog: Backlog
  readonly #limits: { bytes: number; records: number }
  readonly #queue = new LaneQueue()
  readonly #underWay: UnderWay[] = []
  readonly #reached = new Map<string, Reached>()
  /** What the sink says of itself takes the place of what is remembered of a send. */
  #hasState: boolean
  #settling: Promise<void> | undefined
  #refilling: Promise<void> | undefined
  #isFullSince: number | undefined
  #changed = Promise.withResolvers<void>()
  #hasStopped = false
  #failure: unknown
  #tending: Promise<void> | undefined
  #isTendDue = false
  #cancelTimer: (() => void) | undefined

  constructor(options: LaneOptions) {
    const { name, store, clock, log, ending, spool, limits } = options
    this.name = name
    this.#options = options
    this.#limits = { bytes: limits.bytes, records: limits.records }
    this.#health = new SinkHealth({ sink: name, clock, log })
    this.#arrivals = new Arrivals({ clock, ledger: () => store.ledger().filter(({ sink }) => sink === name) })
    this.#hasState = store.sink(name).state !== undefined
    for (const [stream, { safe, token }] of store.placesOf(name))
      this.#reached.set(stream, { at: safe, ...(token !== undefined && { token }) })
    this.#backlog = new Backlog({
      ...{ sink: name, store, clock, log, signal: ending },
      ...spool,
      onChange: () => this.#pump(),
      onWritten: options.onDelivered,
      onFailure: error => this.#fail(error),
    })
    ending.addEventListener('abort', this.#stop, { once: true })
    if (options.sink.tend) this.#tendLater()
    this.#pump()
  }

  /** How far it has taken a stream, in this process or before: what lies behind is offered to it no more. */
  reached(stream: string): Reached {
    return this.#reached.get(stream) ?? { at: 0 }
  }

  /** Nobody asks for a stream any more of which all is delivered, unless some of it is on its way to the spool: that is known by its place. */
  mayForget(stream: string): boolean {
    return !this.#backlog.isWritingOf(stream)
  }

  forget(stream: string): void {
    this.#reached.delete(stream)
  }

  get hasRoom(): boolean {
    if (this.#hasStopped) return true
    return this.#backlog.isBehind ? this.#backlog.hasRoom : this.#queue.heldBytes < this.#options.maxHeldBytes
  }

  /** What is offered goes to its spool. */
  get isBehind(): boolean {
    return this.#backlog.isBehind
  }

  /** For how long it has had less room than it needs, milliseconds. */
  get fullMs(): number {
    return this.#isFullSince === undefined ? 0 : this.#options.clock.monotonic() - this.#isFullSince
  }

  /** For people who ask how it is. */
  get look(): {
    readonly problem?: string
    readonly failingMs: number
    readonly waitingRecords: number
    readonly spoolBytes: number
    readonly maxSpoolBytes: number
  } {
    const { problem, failingMs } = this.#health
    return {
      ...(problem !== undefined && { problem }),
      failingMs,
      waitingRecords: this.#queue.records,
      spoolBytes: this.#backlog.bytes,
      maxSpoolBytes: this.#options.spool.maxBytes,
    }
  }

  /** For how long the oldest record of a source has waited that was read and is not settled: milliseconds, by its row of the ledger. */
  waitedMs(row: LedgerRow): number {
    return this.#arrivals.oldestMs(row)
  }

  /** Takes a chunk, room or not. Gives what to wait for where the chunk must be safe first. */
  offer(chunk: Chunk): Promise<void> | undefined {
    const { stream, to, token, isUnique, source, count, dead } = chunk
    if (to <= this.reached(stream).at || this.#hasStopped) {
      chunk.release()
      return undefined
    }
    this.#reached.set(stream, { at: to, ...(token !== undefined && { token }) })
    this.#arrivals.came(source, count + dead)
    const waiting = Waiting.ofChunk(chunk)
    if (this.#backlog.isBehind) this.#backlog.put(waiting)
    else {
      this.#queue.add([waiting])
      if (isUnique) this.#backlog.put(waiting)
    }
    this.#pump()
    return isUnique && !this.#hasStopped ? waiting.safe : undefined
  }

  /** Makes room by putting by what waits, and what comes until the sink has got it. */
  fallBehind(): void {
    this.#backlog.fallBehind(this.#queue.entries)
  }

  /** Settles when something has changed: there may be room. */
  get changed(): Promise<void> {
    return this.#changed.promise
  }

  /** Settles when all that was offered is acknowledged, or when it was stopped. @throws what must never happen */
  async drained(): Promise<void> {
    while (!this.#hasStopped && !this.#isIdle) await this.changed
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Settles when it was stopped, by its signal or by an error. */
  async stopped(): Promise<void> {
    while (!this.#hasStopped) await this.changed
  }

  /** Settles when nothing of it is going on any more. Its signal must have aborted, or everything be delivered. */
  async close(): Promise<void> {
    const { ending, clock } = this.#options
    this.#cancelTimer?.()
    ending.removeEventListener('abort', this.#stop)
    const over = Promise.withResolvers<true>()
    const cancel = clock.timer(patienceMs, () => over.resolve(true))
    let isOver = false
    while (!isOver && this.#underWay.some(({ outcome }) => outcome === undefined))
      isOver = await Promise.race([this.changed.then(() => false), over.promise])
    cancel()
    await Promise.all([this.#settling, this.#refilling, this.#tending])
    await this.#backlog.close()
  }

  /** Of what was given to the lane nothing is left; while it stops, of what is in memory. */
  get #isIdle(): boolean {
    const { stopping } = this.#options
    if (!this.#queue.isEmpty) return false
    return stopping.aborted ? !this.#backlog.isWriting : this.#backlog.isEmpty
  }

  #pump(): void {
    const { limits, stopping } = this.#options
    if (!this.#hasStopped) {
      while (this.#underWay.length < limits.underWay && !this.#isTendDue) {
        const entries = this.#queue.next(this.#limits)
        if (entries.length === 0) break
        const underWay: UnderWay = { entries }
        this.#underWay.push(underWay)
        void this.#send(underWay)
      }
      if (this.#isTendDue && this.#underWay.length === 0) this.#tending ??= this.#tend()
      const isLow = this.#queue.heldBytes < this.#options.maxHeldBytes / 2
      if (this.#backlog.isBehind && this.#backlog.isReady && isLow && !stopping.aborted) this.#refilling ??= this.#refill()
      if (this.#isIdle && !stopping.aborted) this.#backlog.settle()
    }
    this.#tellChange()
  }

  #tellChange(): void {
    const { maxHeldBytes, clock } = this.#options
    if (this.#queue.heldBytes < maxHeldBytes / 2) this.#isFullSince = undefined
    else if (this.#queue.heldBytes >= maxHeldBytes) this.#isFullSince ??= clock.monotonic()
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }

  async #send(underWay: UnderWay): Promise<void> {
    try {
      underWay.outcome = (await this.#ship(underWay.entries)) ?? 'stopped'
      if (this.#underWay[0] === underWay) this.#settling ??= this.#settle()
    } catch (error) {
      underWay.outcome = 'stopped'
      this.#fail(error)
    }
  }

  async #ship(entries: readonly Waiting[]): Promise<Shipped | undefined> {
    const { sink, clock, random, stopping, ending, deadlineMs = defaultDeadlineMs } = this.#options
    const parcels = entries.flatMap(({ head: { id, count, part }, records }) =>
      count > 0 ? [{ id, count, records, ...(part && { part }) }] : [],
    )
    if (parcels.length === 0) return { dead: [] }
    if (!(await this.#rememberSending(entries))) return undefined
    return ship(parcels, {
      ...{ sink, limits: this.#limits, deadlineMs, clock, random, stopping, ending },
      onSent: look => this.figures.sent(look),
      onFailed: problem => this.#health.failed(problem),
      onTaken: () => this.#health.succeeded(this.#queue.records),
      onTooLarge: bytes => {
        this.#limits.bytes = Math.max(1024, Math.min(this.#limits.bytes, Math.floor(bytes / 2)))
      },
    })
  }

  /** Where each chunk under way ends, so that after a kill it is the same chunk again. What is in the spool is that by itself. */
  async #rememberSending(entries: readonly Waiting[]): Promise<boolean> {
    const ends = new Map<string, number[]>()
    if (!this.#hasState) for (const { head, isPutBy } of entries) if (!isPutBy) ends.set(head.stream, [])
    if (ends.size === 0) return true
    for (const { head } of this.#queue.underWay) ends.get(head.stream)?.push(head.to)
    return (
      (await this.#withDisk('remember what is being sent', () => {
        this.#options.store.sending(this.name, ends)
        return true
      })) === true
    )
  }

  /** In the order in which they were sent; the first of them has its outcome. */
  async #settle(): Promise<void> {
    try {
      for (let first = this.#underWay[0]; first?.outcome !== undefined && !this.#hasStopped; first = this.#underWay[0]) {
        if (first.outcome === 'stopped' || !(await this.#acknowledge(first.entries, first.outcome))) {
          this.#stop()
          return
        }
        this.#underWay.shift()
        this.#pump()
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#settling = undefined
      this.#tellChange()
    }
  }

  /** False where it was told to stop before all of it was remembered. */
  async #acknowledge(entries: readonly Waiting[], { dead, state }: Shipped): Promise<boolean> {
    const { store, deadLetters, onDelivered, clock } = this.#options
    const letters = deadLettersOf(entries, dead, { sink: this.name, at: clock.now() })
    if (letters.all.length > 0 && !(await deadLetters.add(letters.all))) return false
    const rest = this.#queue.entries.slice(entries.length)
    const done = await this.#withDisk('remember what is delivered', () => {
      const spoolNext = this.#backlog.wanted(rest)
      const advances = joined(entries.map(waiting => waiting.delivered(letters.count(waiting.head.id))))
      store.commit({
        sink: this.name,
        advances,
        ...(state !== undefined && { state }),
        ...(spoolNext !== undefined && { spoolNext }),
      })
      for (const waiting of entries) waiting.isDelivered = true
      return { next: spoolNext ?? 0 }
    })
    if (done === undefined) return false
    this.#hasState = this.#hasState || state !== undefined
    const spooledBytes = this.#queue.drop(entries.length)
    if (spooledBytes > 0) await this.#backlog.consumed({ next: done.next, bytes: spooledBytes })
    onDelivered(new Set(entries.map(({ head }) => head.stream)))
    return true
  }

  async #refill(): Promise<void> {
    const { clock, log, maxHeldBytes } = this.#options
    try {
      await this.#backlog.next(maxHeldBytes / 2, found => this.#queue.add(found))
      this.#refilling = undefined
      this.#pump()
    } catch (error) {
      log('error', 'a spool can not be read: tried again', { sink: this.name, problem: String(error) })
      await sleep(clock, tendMs, this.#options.stopping).catch(() => {})
      this.#refilling = undefined
      this.#pump()
    }
  }

  #tendLater(): void {
    const { clock } = this.#options
    const due = (): void => {
      this.#isTendDue = true
      this.#pump()
    }
    this.#cancelTimer = clock.timer(tendMs, due, { background: true })
  }

  async #tend(): Promise<void> {
    const { sink, log } = this.#options
    try {
      const state = await sink.tend?.()
      if (state !== undefined) await this.#withDisk('remember the state of a sink', () => this.#rememberState(state))
    } catch (error) {
      log('warn', 'a sink could not be tended', { sink: this.name, problem: String(error) })
    }
    this.#isTendDue = false
    this.#tending = undefined
    if (this.#hasStopped) return
    this.#tendLater()
    this.#pump()
  }

  #rememberState(state: Json): void {
    this.#options.store.commit({ sink: this.name, advances: [], state })
  }

  async #withDisk<T>(doing: string, work: () => T): Promise<T | undefined> {
    const { clock, log, ending } = this.#options
    return whenDiskAllows(work, { clock, log, signal: ending, doing, about: { sink: this.name } })
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    this.#stop()
  }

  readonly #stop = (): void => {
    this.#hasStopped = true
    for (const waiting of this.#queue.entries) waiting.giveUp()
    this.#backlog.giveUp()
    this.#tellChange()
  }
}
