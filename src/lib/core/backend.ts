import type { Clock } from './clock.ts'
import type { Log } from './io.ts'

/** What a source of configuration held at one moment. No entries is an answer: there is nothing below the prefix. */
export interface Revision {
  /** How the source itself calls the moment; one that knows no revisions is called by its content. */
  readonly revision: string
  /** Bytes by key, without the prefix, in order of the keys. */
  readonly entries: ReadonlyMap<string, Uint8Array>
  /** SHA-256 by key, lower-case hex, where the source supplies them: a value of another digest is never used. */
  readonly supplied?: ReadonlyMap<string, string>
}

/** What a backend may use of the outside world. */
export interface BackendTools {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** In [0, 1). */
  readonly random: () => number
  readonly log: Log
  /** Where relative paths begin. */
  readonly directory: string
}

/**
 * Where configuration is kept. Absent and unreachable are different answers: what is absent is not among the entries, what can not be
 * asked is a BackendError.
 */
export interface Backend {
  /** For messages: `etcd at http://10.0.0.1:2379`. */
  readonly title: string
  /** Everything below a prefix. @throws BackendError */
  read(prefix: string, tools: BackendTools): Promise<Revision>
  /**
   * The state after every change, beginning with the present one. Ordered, each state once; what came while the reader was busy is
   * told as one state. Never ends by itself: what keeps it from the source is logged, and tried again. Rejects with the signal's reason.
   */
  watch(prefix: string, tools: BackendTools): AsyncIterable<Revision>
}

/** Why a source gave no answer, or none that can be used. */
export class BackendError extends Error {
  override readonly name = 'BackendError'
  /** `unreachable`: no answer in time; another moment may help. `refused`: it does not know the user. `invalid`: nobody can read that. */
  readonly reason: 'unreachable' | 'refused' | 'invalid'

  constructor(reason: BackendError['reason'], message: string, details: { readonly cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.reason = reason
  }
}
