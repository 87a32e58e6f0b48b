import type { Context } from '../core/context.ts'
import { toOpsError } from '../core/errors.ts'

export interface ReloadedPart {
  /** Reads it anew, or leaves it as it was. @throws OpsError for what is wrong */
  reload(): Promise<void>
}

interface Reloaded {
  readonly parts: readonly ReloadedPart[]
  /** What the log says of a reading in which nothing was wrong. */
  readonly told: () => string
}

/** Reads everything anew that a patrol is told by files, on SIGHUP and when it is asked: each part of it is good, or stays as it was. */
export class Reloader implements Disposable {
  readonly #log: Context['log']
  readonly #forget: () => void
  #reloaded: Reloaded | undefined
  #isAsked = false
  #last: Promise<unknown> = Promise.resolve()
  /** It was asked for and has not begun. */
  #waiting: Promise<void> | undefined

  constructor({ log, onReload }: Pick<Context, 'log' | 'onReload'>) {
    this.#log = log
    this.#forget = onReload(() => this.request())
  }

  /** Everything is there: a SIGHUP that came before is answered now. */
  begin(reloaded: Reloaded): void {
    this.#reloaded = reloaded
    if (this.#isAsked) this.request()
  }

  /** One after the other; whoever asks while one waits to begin gets that one. @throws OpsError the first that is wrong; the log has all of them */
  async reload(): Promise<void> {
    const reloaded = this.#reloaded
    if (reloaded === undefined) {
      this.#isAsked = true
      return
    }
    this.#waiting ??= this.#last.then(() => {
      this.#waiting = undefined
      return this.#read(reloaded)
    })
    this.#last = this.#waiting.catch(() => {})
    return this.#waiting
  }

  async #read({ parts, told }: Reloaded): Promise<void> {
    const outcomes = await Promise.allSettled(parts.map(part => part.reload()))
    const wrong = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [toOpsError(outcome.reason)] : []))
    for (const { message } of wrong) this.#log('error', `not read anew, what was there goes on: ${message}`)
    const [first] = wrong
    if (first) throw first
    this.#log('info', told())
  }

  /** The same for whom nobody waits: the log tells. */
  request(): void {
    this.reload().catch(() => {})
  }

  [Symbol.dispose](): void {
    this.#forget()
  }
}
