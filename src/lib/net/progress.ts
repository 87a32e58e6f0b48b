import type { Phase, Phases } from './phases.ts'
import type { TlsSeen } from './tls-seen.ts'

/** How far asking a server has come. Kept up to date while it goes on, so that it can be told also when it is cut short. */
export class Progress {
  /** The stage that goes on, or was the last. */
  phase: Phase = 'resolve'
  /** What was connected to, where it is known. */
  address: string | undefined
  /** Of the last server that was spoken to with TLS. */
  tls: TlsSeen | undefined
  /** Spent waiting for our own limits, milliseconds: no fault of the server. */
  queuedMs = 0
  /** Told each step, a line at a time, without secrets. */
  readonly trace: ((line: string) => void) | undefined
  readonly #phases: Partial<Record<Phase, number>> = {}

  constructor(trace?: (line: string) => void) {
    this.trace = trace
  }

  /** The stages that are done. */
  get phases(): Phases {
    return this.#phases
  }

  /** Milliseconds; those of several exchanges, as after a redirect, add up. */
  done(phase: Phase, ms: number): void {
    this.#phases[phase] = (this.#phases[phase] ?? 0) + ms
  }
}
