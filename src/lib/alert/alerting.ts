import type { Alert } from '../core/alert.ts'
import { OpsError } from '../core/errors.ts'
import { Deadline } from '../run/deadline.ts'
import type { AlertingConfig } from './config.ts'
import { decide } from './decide.ts'
import { type Bounds, Despatch, type DespatchTools } from './despatch.ts'
import type { Send, Thread } from './incident.ts'
import { momentOf, Outbox, type OutboxOptions } from './outbox.ts'
import { targetsOf } from './route.ts'
import { withRunbook } from './runbook.ts'
import { type ChannelStatus, channelStatuses, type PendingAlert, pendingAlerts } from './status.ts'

export interface AlertingOptions
  extends Omit<OutboxOptions, 'onError'>,
    Pick<DespatchTools, 'random' | 'log' | 'secret' | 'shared'> {
  readonly config: AlertingConfig
  /** Of what waits for one channel; 10,000 alerts and 16 MiB when absent. */
  readonly bounds?: Bounds
}

const defaultBounds: Bounds = { alerts: 10_000, bytes: 16 * 1024 * 1024 }
const closeMs = 5000

/** Tells people of incidents, each thing once to each channel, whatever becomes of channels and of this process. */
export class Alerting implements AsyncDisposable {
  readonly #outbox: Outbox
  readonly #despatch: Despatch
  readonly #options: AlertingOptions
  #config: AlertingConfig
  #isClosed = false

  private constructor(options: AlertingOptions, outbox: Outbox) {
    this.#options = options
    this.#outbox = outbox
    this.#config = options.config
    this.#despatch = new Despatch({ ...options, outbox, bounds: options.bounds ?? defaultBounds }, options.config)
    this.#despatch.begin(options.config)
  }

  static async open(options: AlertingOptions): Promise<Alerting> {
    const { log } = options
    const outbox = await Outbox.open({
      ...options,
      onError: error => log('error', 'alerts could not be written to the disk', { problem: String(error) }),
    })
    return new Alerting(options, outbox)
  }

  /**
   * Settles when the alerts are durable; no channel is waited for. What was raised before, or is of an incident that is over, is not told
   * twice. Where they can not be made durable they are told all the same.
   * @throws OpsError E_STATE when they could not be made durable
   */
  async raise(alerts: readonly Alert[]): Promise<void> {
    if (this.#isClosed) throw new OpsError('E_BUG', 'an alert was raised after the end')
    const added: [Thread, Send][] = []
    const touched = new Set<Thread>()
    const failures: unknown[] = []
    for (const alert of alerts) {
      try {
        this.#take(alert, { added, touched })
      } catch (error) {
        failures.push(error)
      }
    }
    this.#despatch.dropExcess()
    try {
      await this.#outbox.sync()
      if (failures.length > 0) throw failures[0]
    } finally {
      for (const [, send] of added) send.isHeld = false
      for (const thread of touched) this.#despatch.advance(thread)
    }
  }

  /** Goes on with other channels, routes and windows. What waits keeps its place and its delay. */
  reload(config: AlertingConfig): void {
    this.#config = config
    this.#despatch.begin(config)
  }

  /** How each channel is, by name: those of the configuration, and others for which something waits. */
  status(): ChannelStatus[] {
    return channelStatuses({
      config: this.#config,
      despatch: this.#despatch,
      ledger: this.#outbox.ledger,
      clock: this.#options.clock,
    })
  }

  /** What somebody is still to be told. */
  pending(): PendingAlert[] {
    return pendingAlerts({ despatch: this.#despatch, ledger: this.#outbox.ledger, clock: this.#options.clock })
  }

  /** Begins nothing more; what is under way may end within so many milliseconds. What is not sent then is after the next start. */
  async close(withinMs = closeMs): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    using deadline = new Deadline(this.#options.clock, {
      ms: Math.max(1, withinMs),
      signal: new AbortController().signal,
      reason: () => new Error('cut short by the end of opsctl'),
    })
    try {
      await this.#despatch.close(deadline.signal)
    } finally {
      await this.#outbox[Symbol.asyncDispose]()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #take(raised: Alert, { added, touched }: { readonly added: [Thread, Send][]; readonly touched: Set<Thread> }): void {
    const { ledger } = this.#outbox
    if (ledger.isOver(raised.incident)) return
    const alert = withRunbook(raised, this.#config.runbooks)
    const known = ledger.incidents.get(alert.incident)
    const targets = targetsOf(this.#config.routes, alert)
    const record = decide(alert, { incident: known, targets, now: momentOf(this.#options.clock) })
    if (record === undefined) return
    for (const thread of known?.threads.values() ?? []) {
      this.#despatch.withdrawRepeats(thread)
      touched.add(thread)
    }
    try {
      this.#outbox.write(record)
    } finally {
      const incident = ledger.incidents.get(alert.incident)
      for (const { channel } of record.sends) {
        const thread = incident?.threads.get(channel)
        const send = thread?.sends.at(-1)
        if (!thread || !send) continue
        send.isHeld = true
        added.push([thread, send])
        touched.add(thread)
      }
    }
  }
}

/** Begins to tell, and goes on with what was not told before the last end. @throws OpsError E_LOCKED, E_STATE */
export const openAlerting = (options: AlertingOptions): Promise<Alerting> => Alerting.open(options)
