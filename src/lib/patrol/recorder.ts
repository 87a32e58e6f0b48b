import type { Alert } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import { causeChain } from '../core/errors.ts'
import type { Log } from '../core/io.ts'
import type { Heartbeat } from '../probe/index.ts'
import type { Change, History } from './history/history.ts'

export interface RecorderTools {
  readonly clock: Clock
  readonly log: Log
  readonly history: History
  /** Takes alerts into care: settles when they can no longer be lost. Absent: nobody is told. */
  readonly raise?: (alerts: readonly Alert[]) => Promise<void>
}

/** Changes wait so long for others to be committed with, milliseconds. */
const gatherMs = 100
/** After a commit that failed, or alerts that nobody took. */
const againAfterMs = 1000
/** Looks that wait for a disk that takes nothing; the oldest give way, what a check stands at does not. */
const maxWaiting = 20_000

/**
 * Writes down what looks changed, many at a time, and hands alerts on once what they follow from is committed: whoever is killed between
 * the two hands them on at the next start, and channels know an alert that they have already. While nothing can be written alerts are
 * handed on all the same.
 */
export class Recorder implements AsyncDisposable {
  readonly #tools: RecorderTools
  #changes: Change[] = []
  readonly #beats = new Map<string, Heartbeat>()
  /** Names of beats that are waited for, since when. */
  readonly #awaited = new Map<string, number>()
  /** Checks that are no longer made, since when. */
  readonly #gone = new Map<string, number>()
  #cancelTimer: (() => void) | undefined
  #cancelHandOn: (() => void) | undefined
  #raising: Promise<void> = Promise.resolve()
  #isFailing = false
  #isWaitingForCare = false
  /** Handed on before their commit. */
  readonly #early = new WeakSet<Change>()
  /** Commits that failed, since the start. */
  failures = 0

  constructor(tools: RecorderTools) {
    this.#tools = tools
    this.#handOn()
  }

  add(change: Change): void {
    this.#gone.delete(change.id)
    this.#changes.push(change)
    this.#commitSoon()
  }

  /** A beat of that name is waited for from now on. */
  await(name: string, since: number): void {
    this.#awaited.set(name, since)
    this.#commitSoon()
  }

  /** Checks that are no longer made. */
  gone(ids: readonly string[]): void {
    const at = this.#tools.clock.now()
    for (const id of ids) this.#gone.set(id, at)
    this.flush()
  }

  /** The last beat of a name: written before this returns, or as soon as that can be. */
  beat(name: string, heartbeat: Heartbeat): void {
    this.#beats.set(name, heartbeat)
    this.flush()
  }

  /** Forgets what is too old to be asked for. */
  prune(): void {
    const { history, clock } = this.#tools
    this.#tryTo(() => history.prune(clock.now()))
  }

  /** Commits what waits. */
  flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const [changes, awaited, beats, gone] = [this.#changes, this.#awaited, this.#beats, this.#gone]
    if (changes.length + awaited.size + beats.size + gone.size === 0) return
    if (this.#tryTo(() => this.#tools.history.commit({ changes, awaited, beats, gone }))) {
      this.#changes = []
      awaited.clear()
      beats.clear()
      gone.clear()
      if (changes.some(({ alert }) => alert !== undefined)) this.#handOn()
      return
    }
    this.#handOnEarly(changes)
    this.#changes = bounded(changes)
    this.#cancelTimer = this.#tools.clock.timer(againAfterMs, () => this.flush())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.flush()
    this.#cancelTimer?.()
    const lost = this.#changes.length
    if (lost > 0) this.#tools.log('error', `the history of the patrol could not be written to the end: ${lost} looks are lost`)
    await this.#raising
    this.#cancelHandOn?.()
  }

  #commitSoon(): void {
    this.#cancelTimer ??= this.#tools.clock.timer(gatherMs, () => this.flush())
  }

  #tryTo(work: () => void): boolean {
    const { log } = this.#tools
    try {
      work()
      if (this.#isFailing) log('info', 'the history of the patrol is written again')
      this.#isFailing = false
      return true
    } catch (error) {
      this.failures++
      if (!this.#isFailing) log('error', `the history of the patrol can not be written, it is tried again: ${messageOf(error)}`)
      this.#isFailing = true
      return false
    }
  }

  /** Nobody waits for a disk to be told. Once it is written the same alerts are handed on again, and known. */
  #handOnEarly(changes: readonly Change[]): void {
    const alerts = changes.flatMap(change => (change.alert && !this.#early.has(change) ? [change.alert] : []))
    if (alerts.length === 0) return
    for (const change of changes) this.#early.add(change)
    // What is not durable is told all the same: whoever takes them says so himself.
    this.#raising = this.#raising.then(() => this.#tools.raise?.(alerts)).catch(() => undefined)
  }

  /** One after the other, so that none is handed on twice. */
  #handOn(): void {
    this.#cancelHandOn?.()
    this.#cancelHandOn = undefined
    this.#raising = this.#raising.then(async () => {
      const { history, raise, log, clock } = this.#tools
      try {
        for (;;) {
          const outbox = history.outbox()
          const last = outbox.at(-1)
          if (last === undefined) break
          await raise?.(outbox.map(({ alert }) => alert))
          history.raised(last.seq)
        }
        if (this.#isWaitingForCare) log('info', 'alerts are handed on again')
        this.#isWaitingForCare = false
      } catch (error) {
        if (!this.#isWaitingForCare) log('error', `alerts wait to be handed on: ${messageOf(error)}`)
        this.#isWaitingForCare = true
        this.#cancelHandOn?.()
        this.#cancelHandOn = clock.timer(againAfterMs, () => this.#handOn(), { background: true })
      }
    })
  }
}

const messageOf = (error: unknown): string => causeChain(error).join(': ')

/** The last change of each check and everything with an alert stays. */
function bounded(changes: readonly Change[]): Change[] {
  if (changes.length <= maxWaiting) return [...changes]
  const last = new Map(changes.map((change, index) => [change.id, index]))
  return changes.filter(
    ({ id, alert }, index) => alert !== undefined || last.get(id) === index || index >= changes.length - maxWaiting / 2,
  )
}
