import type { Clock } from '../core/clock.ts'
import { OpsError } from '../core/errors.ts'

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

const stops: Readonly<Record<StopSignal, { readonly exit: number; readonly what: string }>> = {
  SIGINT: { exit: 130, what: 'interrupted (Ctrl-C)' },
  SIGTERM: { exit: 143, what: 'ended by SIGTERM' },
  SIGHUP: { exit: 129, what: 'ended by SIGHUP' },
}

export interface SignalSource {
  on(signal: StopSignal | 'SIGUSR1' | 'SIGCHLD', listener: () => void): void
}

export interface InterruptsOptions {
  /** A line for stderr; settles once it is there. */
  readonly say: (line: string) => Promise<void>
  readonly clock: Clock
  /** Ends the process at once. */
  readonly stopHard: (exit: number) => void
}

/**
 * The first signal asks the run to stop and clean up, and says what is pending; a second one stops hard. SIGUSR1 only says what is
 * pending.
 */
export class Interrupts {
  readonly #abort = new AbortController()
  readonly #describers = new Set<(hard: boolean) => string>()
  readonly #options: InterruptsOptions
  readonly #reloaders = new Set<() => void>()
  #first: StopSignal | undefined

  constructor(source: SignalSource, options: InterruptsOptions) {
    this.#options = options
    for (const signal of Object.keys(stops) as StopSignal[]) source.on(signal, () => this.#stop(signal))
    source.on('SIGUSR1', () => this.#sayPending())
    // To be told how local programs end, whoever started us.
    source.on('SIGCHLD', () => {})
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  onInterrupt(describe: (hard: boolean) => string): () => void {
    this.#describers.add(describe)
    return () => this.#describers.delete(describe)
  }

  /** While somebody listens SIGHUP does not stop the run. */
  onReload(listener: () => void): () => void {
    this.#reloaders.add(listener)
    return () => this.#reloaders.delete(listener)
  }

  #stop(signal: StopSignal): void {
    if (signal === 'SIGHUP' && this.#reloaders.size > 0 && this.#first === undefined) {
      for (const reload of this.#reloaders) reload()
      return
    }
    const { exit, what } = stops[signal]
    if (this.#first !== undefined) {
      this.#stopHard(stops[this.#first].exit)
      return
    }
    this.#first = signal
    void this.#options.say(`${what}: stopping, once more stops hard`)
    this.#sayPending()
    this.#abort.abort(new OpsError('E_INTERRUPTED', what, { exit }))
  }

  #stopHard(exit: number): void {
    const { say, clock, stopHard } = this.#options
    // A terminal that takes no text must not keep the run from ending.
    clock.timer(200, () => stopHard(exit))
    const words = ['stopped hard: what ran on the hosts may still run there', ...this.#describe(true)]
    void Promise.all(words.map(say)).then(() => stopHard(exit))
  }

  #sayPending(): void {
    for (const text of this.#describe(false)) void this.#options.say(text)
  }

  #describe(hard: boolean): string[] {
    return [...this.#describers].map(describe => describe(hard)).filter(text => text !== '')
  }
}
