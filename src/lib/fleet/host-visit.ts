import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import type { Item } from '../core/item.ts'
import { type Transport, TransportError } from '../core/transport.ts'
import type { Tracker } from '../run/fan-out.ts'
import { attemptsOf } from '../run/retry.ts'
import type { Fleet } from './fleet.ts'

/** What came of the work on one host: the part of its Item that the work itself decides. */
export type HostResult = Pick<Item, 'outcome' | 'verdict' | 'reason' | 'message' | 'data' | 'metrics' | 'output'>

/** One host while it is worked on. */
export class HostVisit {
  readonly host: Host
  readonly signal: AbortSignal
  readonly #context: Context
  readonly #fleet: Fleet
  readonly #tracker: Tracker
  readonly #onLostOutput: (error: OpsError) => void

  constructor(parts: {
    readonly context: Context
    readonly fleet: Fleet
    readonly host: Host
    readonly tracker: Tracker
    /** Something could not be written here, which is no trouble of the host. */
    readonly onLostOutput: (error: OpsError) => void
  }) {
    this.host = parts.host
    this.signal = parts.fleet.signal
    this.#context = parts.context
    this.#fleet = parts.fleet
    this.#tracker = parts.tracker
    this.#onLostOutput = parts.onLostOutput
  }

  /** What is being done, for progress and the list of pending hosts. */
  phase(text: string): void {
    this.#tracker.phase(text)
  }

  /** A connection to the host; its stages are told as phases. @throws TransportError */
  connect(): Promise<Transport> {
    return this.#fleet.connector.connect(this.host, {
      signal: this.signal,
      onStage: (stage, tries) => this.phase(tries > 1 ? `${stage}, try ${tries}` : stage),
    })
  }

  /** What an error means for this host; one of our own disk is told to the run as well. */
  failed(error: unknown): HostResult {
    if (error instanceof OpsError && error.code === 'E_OUTPUT') this.#onLostOutput(error)
    return failedResult(error, this.signal)
  }

  /** Does the work and tells as an Item what came of it. Never rejects. */
  async item(name: string, work: (visit: HostVisit) => Promise<HostResult>): Promise<Item> {
    const { clock } = this.#context
    const { host } = this
    const started = clock.monotonic()
    const startedAt = rfc3339(clock.now())
    const labels = Object.keys(host.labels).length > 0 ? { labels: host.labels } : {}
    const result = await work(this).catch(error => this.failed(error))
    return {
      path: host.name,
      host: host.name,
      name,
      ...labels,
      startedAt,
      durationMs: Math.round(clock.monotonic() - started),
      ...result,
    }
  }
}

/** What an error means for the host on which it happened. */
export function failedResult(error: unknown, signal: AbortSignal): HostResult {
  if (signal.aborted) return stoppedResult(signal)
  if (error instanceof TransportError) {
    const { reason, message, stage } = error
    const attempts = attemptsOf(error).length
    const data = { ...(stage && { stage }), ...(attempts > 1 && { attempts }) }
    return { outcome: 'failed', reason, message: attempts > 1 ? `${message} (${attempts} tries)` : message, data }
  }
  return { outcome: 'failed', reason: 'error', message: error instanceof Error ? error.message : String(error) }
}

/** A host that the end of the run cut short, or that was never started. */
export function stoppedResult(signal: AbortSignal): HostResult {
  const deadline = signal.reason instanceof OpsError && signal.reason.code === 'E_DEADLINE'
  return deadline
    ? { outcome: 'failed', reason: 'deadline', message: 'stopped at the deadline of the run' }
    : { outcome: 'failed', reason: 'cancelled', message: 'stopped by the interrupt' }
}

/** A host that was not started any more. */
export const maxFailResult = {
  outcome: 'skipped',
  reason: 'max-fail',
  message: 'not started: more hosts failed than --max-fail allows',
} as const satisfies HostResult
