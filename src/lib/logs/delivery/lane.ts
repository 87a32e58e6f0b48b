import { sleep } from '../../core/clock.ts'
import type { Json } from '../../core/json.ts'
import type { LedgerRow } from '../store/rows.ts'
import { Arrivals } from './arrivals.ts'
import { Backlog } from './backlog.ts'
import type { Chunk } from './chunk.ts'
import { deadLettersOf } from './dead-letters-of.ts'
import { whenDiskAllows } from './disk-work.ts'
import type { LaneOptions } from './lane-options.ts'
import { LaneQueue } from './lane-queue.ts'
import { Sending } from './sending.ts'
import type { Shipped } from './shipment.ts'
import type { SinkFigures } from './sink-figures.ts'
import { SinkTender } from './sink-tender.ts'
import { joined, Waiting } from './waiting.ts'

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

/** Before a spool that could not be read is read again. */
const rereadMs = 1000
/** A sink that does not end when it is told to is left behind. */
const patienceMs = 5000

/** The way to one sink: chunks wait here in their order until the sink acknowledged them, some in memory and some in its spool. */
export class Lane {
  readonly name: string
  readonly #options: LaneOptions
  readonly #arrivals: Arrivals
  readonly #backlog: Backlog
  readonly #queue = new LaneQueue()
  readonly #sending: Sending
  readonly #tender: SinkTender
  readonly #underWay: UnderWay[] = []
  readonly #reached = new Map<string, Reached>()
  #settling: Promise<void> | undefined
  #refilling: Promise<void> | undefined
  #isFullSince: number | undefined
  #changed = Promise.withResolvers<void>()
  #hasStopped = false
  #failure: unknown

  constructor(options: LaneOptions) {
    const { name, sink, store, clock, log, ending, spool } = options
    this.name = name
    this.#options = options
    this.#sending = new Sending(options, this.#queue)
    this.#arrivals = new Arrivals({ clock, ledger: () => store.ledger().filter(({ sink }) => sink === name) })
    for (const [stream, { safe, token }] of store.placesOf(name))
      this.#reached.set(stream, { at: safe, ...(token !== undefined && { token }) })
    this.#tender = new SinkTender({
      ...{ name, sink, clock, log },
      onDue: () => this.#pump(),
      onEnd: () => this.#pump(),
      remember: state => this.#withDisk('remember the state of a sink', () => store.commit({ sink: name, advances: [], state })),
    })
    this.#backlog = new Backlog({
      ...{ sink: name, store, clock, log, signal: ending },
      ...spool,
      onChange: () => this.#pump(),
      onWritten: options.onDelivered,
      onFailure: error => this.#fail(error),
    })
    ending.addEventListener('abort', this.#stop, { once: true })
    this.#pump()
  }

  /** Of its attempts to send. */
  get figures(): SinkFigures {
    return this.#sending.figures
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
    const { problem, failingMs } = this.#sending.health
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
    this.#tender.stop()
    ending.removeEventListener('abort', this.#stop)
    const over = Promise.withResolvers<true>()
    const cancel = clock.timer(patienceMs, () => over.resolve(true))
    let isOver = false
    while (!isOver && this.#underWay.some(({ outcome }) => outcome === undefined))
      isOver = await Promise.race([this.changed.then(() => false), over.promise])
    cancel()
    await Promise.all([this.#settling, this.#refilling, this.#tender.idle()])
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
      while (this.#underWay.length < limits.underWay && !this.#tender.isDue) {
        const entries = this.#queue.next(this.#sending.limits)
        if (entries.length === 0) break
        const underWay: UnderWay = { entries }
        this.#underWay.push(underWay)
        void this.#send(underWay)
      }
      if (this.#tender.isDue && this.#underWay.length === 0) this.#tender.begin()
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
      underWay.outcome = (await this.#sending.ship(underWay.entries)) ?? 'stopped'
      if (this.#underWay[0] === underWay) this.#settling ??= this.#settle()
    } catch (error) {
      underWay.outcome = 'stopped'
      this.#fail(error)
    }
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
    if (state !== undefined) this.#sending.hasState()
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
      await sleep(clock, rereadMs, this.#options.stopping).catch(() => {})
      this.#refilling = undefined
      this.#pump()
    }
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
    this.#tender.stop()
    for (const waiting of this.#queue.entries) waiting.giveUp()
    this.#backlog.giveUp()
    this.#tellChange()
  }
}
