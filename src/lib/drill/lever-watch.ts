import { sleep } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { haltText, readHalt } from './lever.ts'

/** The lever is looked at so often. */
export const lookMs = 1000

/** Ends a drill from outside, whatever it is at: its signal aborts when the lever is set. Looks until it is disposed of. */
export class LeverWatch implements AsyncDisposable {
  readonly #context: Pick<Context, 'paths' | 'clock'>
  readonly #halted = new AbortController()
  readonly #over = new AbortController()
  #looking: Promise<void> = Promise.resolve()

  constructor(context: Pick<Context, 'paths' | 'clock'>) {
    this.#context = context
  }

  /** Its reason is an OpsError E_HALTED. */
  get signal(): AbortSignal {
    return this.#halted.signal
  }

  start(): void {
    this.#looking = this.#look()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await this.#looking
  }

  async #look(): Promise<void> {
    const { signal } = this.#over
    while (!signal.aborted) {
      const halt = await readHalt(this.#context)
      if (halt) return this.#halted.abort(new OpsError('E_HALTED', haltText(halt)))
      await sleep(this.#context.clock, lookMs, signal).catch(() => undefined)
    }
  }
}

export const isHalted = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && reason instanceof OpsError && reason.code === 'E_HALTED'
