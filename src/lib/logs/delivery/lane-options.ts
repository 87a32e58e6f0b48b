import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/io.ts'
import type { OpenSink, SinkLimits } from '../../core/sink.ts'
import type { Store } from '../store/store.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Spool } from './spool.ts'

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
