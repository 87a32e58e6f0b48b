import type { Alert } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/io.ts'
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
/** After a commit that failed. */
const againAfterMs = 1000
/** Looks that wait for a disk that takes nothing; the oldest give way, what a check stands at does not. */
const maxWaiting = 20_000

/**
 * Writes down what looks changed, many at a time, and hands alerts on once what they follow from is committed: whoever is killed between
 * the two hands them on at the next start, and channels know an alert that they have already.
 */
export class Recorder implements AsyncDisposable {
  readonly #tools: RecorderTools
  #waiting: Change[] = []
  #cancelTimer: (() => void) | undefined
  #raising: Promise<void> = Promise.resolve()
  #isFailing = false
  /** Commits that failed, since the start. */
  failures = 0

  constructor(tools: RecorderTools) {
    this.#tools = tools
    this.#handOn()
  }

  add(change: Change): void {
    this.#waiting.push(change)
    this.#cancelTimer ??= this.#tools.clock.timer(gatherMs, () => this.#commit())
  }

  /** Checks that are no longer made. */
  gone(ids: readonly string[]): void {
    this.flush()
    this.#tryTo(() => this.#tools.history.commit([], { ids, at: this.#tools.clock.now() }))
  }

  /** Commits what waits. */
  flush(): void {
    this.#cancelTimer?.()
    this.#commit()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.flush()
    this.#cancelTimer?.()
    await this.#raising
  }

  #commit(): void {
    this.#cancelTimer = undefined
    const changes = this.#waiting
    if (changes.length === 0) return
    this.#waiting = []
    if (this.#tryTo(() => this.#tools.history.commit(changes))) {
      this.#handOn()
      return
    }
    this.#waiting = bounded([...changes, ...this.#waiting])
    this.#cancelTimer = this.#tools.clock.timer(againAfterMs, () => this.#commit())
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

  /** One after the other, so that none is handed on twice. */
  #handOn(): void {
    this.#raising = this.#raising.then(async () => {
      const { history, raise, log } = this.#tools
      try {
        for (;;) {
          const outbox = history.outbox()
          const last = outbox.at(-1)
          if (last === undefined) return
          await raise?.(outbox.map(({ alert }) => alert))
          history.raised(last.seq)
        }
      } catch (error) {
        log('error', `alerts wait to be handed on: ${messageOf(error)}`)
        this.#tools.clock.timer(againAfterMs, () => this.#handOn(), { background: true })
      }
    })
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The last change of each check and everything with an alert stays. */
function bounded(changes: readonly Change[]): Change[] {
  if (changes.length <= maxWaiting) return [...changes]
  const last = new Map(changes.map((change, index) => [change.id, index]))
  return changes.filter(
    ({ id, alert }, index) => alert !== undefined || last.get(id) === index || index >= changes.length - maxWaiting / 2,
  )
}
