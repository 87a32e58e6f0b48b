import type { Check } from '../core/check.ts'
import { type Clock, rfc3339 } from '../core/clock.ts'
import type { Connector } from '../core/context.ts'
import type { Host } from '../core/host.ts'
import type { Item, Reason } from '../core/item.ts'
import type { StepPlace } from '../core/plan.ts'
import { type Sudo, TransportError } from '../core/transport.ts'
import type { BuiltPlan } from './built-plan.ts'
import type { ChangeLog } from './change-log.ts'
import { demandChecks } from './demand-checks.ts'
import type { Leases } from './leases.ts'
import type { OwedHandlers } from './owed-handlers.ts'
import { stepPlace } from './step-place.ts'
import type { Timeline } from './timeline.ts'

/** What the work on a host needs, the same for every host of a change. */
export interface ChangeWork {
  readonly built: BuiltPlan
  readonly log: ChangeLog
  readonly connector: Connector
  readonly clock: Clock
  readonly random: () => number
  readonly sudo?: Sudo
  /** Of one command of a step. */
  readonly stepTimeoutMs: number
  /** How long an undo waits for a host that can not be reached. */
  readonly undoTimeoutMs: number
  /** Each step as it ends, and each undo. */
  readonly onItem: (item: Item, group?: 'undo') => Promise<void>
  /** What changes that were cut off left to be called. */
  readonly owed?: OwedHandlers
  /** Of a plan with a hold. */
  readonly leases?: Leases
  /** For what is no Item: a pre-check that passed, a try that was followed by another. */
  readonly timeline: Timeline
  /** See Context. */
  readonly passed: (point: string) => void
}

interface TurnParts {
  readonly host: Host
  /** Name of the wave, for the path of items. */
  readonly wave: string
  readonly signal: AbortSignal
  readonly phase?: (text: string) => void
}

/** What an Item tells besides what it is about. */
export type Part = Pick<Item, 'outcome' | 'verdict' | 'reason' | 'message' | 'rollbackable' | 'severity' | 'data'>

/** What an Item is about. */
interface About {
  readonly step: string
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly group?: 'undo'
}

/** One host in one wave of a change: how it is reached, and how what happens there is told. */
export class HostTurn {
  readonly work: ChangeWork
  readonly host: Host
  readonly signal: AbortSignal
  readonly #parts: TurnParts

  constructor(work: ChangeWork, parts: TurnParts) {
    this.work = work
    this.host = parts.host
    this.signal = parts.signal
    this.#parts = parts
  }

  /** The same host in another wave, under another signal. */
  as(parts: Pick<TurnParts, 'wave' | 'signal'>): HostTurn {
    return new HostTurn(this.work, { ...this.#parts, ...parts })
  }

  /** Shows a person what is going on. */
  phase(text: string): void {
    this.#parts.phase?.(text)
  }

  /** Where tests end the process: `before-do web1/config`. */
  passed(point: string, step: string): void {
    this.work.passed(`${point} ${this.host.name}/${step}`)
  }

  /** @throws TransportError */
  async place(): Promise<StepPlace> {
    const { connector, clock, sudo, stepTimeoutMs: timeoutMs } = this.work
    const { host, signal } = this
    const transport = await connector.connect(host, { signal })
    return stepPlace({ transport, clock, signal, timeoutMs, ...(sudo && { sudo }) })
  }

  /** @throws StepError for the first check that does not pass */
  demand(checks: readonly Check[], place: StepPlace): Promise<void> {
    return demandChecks(checks, place)
  }

  async tell({ step, name, startedAt, group }: About, part: Part): Promise<void> {
    const { clock, onItem } = this.work
    const path = `${this.#parts.wave}/${this.host.name}/${step}`
    const durationMs = clock.now() - startedAt
    await onItem({ path, host: this.host.name, name, startedAt: rfc3339(startedAt), durationMs, ...part }, group)
  }
}

/** Nothing was begun on such a host, so there is nothing to take back; a human should hear of it all the same. */
export const notRollbackable = { rollbackable: false, severity: 'critical' } as const

export function troubleOf(error: unknown): { readonly reason: Reason; readonly message: string } {
  const message = error instanceof Error ? error.message : String(error)
  return { reason: error instanceof TransportError ? error.reason : 'error', message }
}
