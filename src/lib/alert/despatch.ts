import type { Delivery } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import { formatDuration } from '../core/duration.ts'
import { causeChain } from '../core/errors.ts'
import type { Log } from '../core/io.ts'
import { ChannelQueue, type Parcel, type QueueTools } from './channel-queue.ts'
import { type AlertingConfig, mutedBy } from './config.ts'
import type { Send, Thread } from './incident.ts'
import type { Outbox } from './outbox.ts'
import type { SendResult } from './record.ts'
import { keyOf } from './send-key.ts'

export interface DespatchTools extends Pick<QueueTools<Parcel>, 'clock' | 'random' | 'secret' | 'shared'> {
  readonly log: Log
  readonly outbox: Outbox
  readonly bounds: Bounds
}

/** Of what waits for one channel. */
export interface Bounds {
  readonly alerts: number
  readonly bytes: number
}

interface Consignment extends Parcel {
  readonly send: Send
  readonly thread: Thread
}

/** What came of everything since the start. */
export interface Account {
  delivered: number
  refused: number
  dropped: number
}

/** A window that holds something back may end at any minute. */
const muteLookMs = 15_000
const dropLogMs = 60_000
const longestTimerMs = 2 ** 31 - 1

/** Hands to each channel what is due for it, one after the other for each incident. */
export class Despatch {
  readonly #tools: DespatchTools
  readonly #clock: Clock
  readonly #queues = new Map<string, ChannelQueue<Consignment>>()
  readonly #accounts = new Map<string, Account>()
  readonly #parcels = new Map<Send, Consignment>()
  readonly #toldDropped = new Map<string, number>()
  readonly #timers = new Map<Thread, () => void>()
  #config: AlertingConfig
  #isClosing = false

  constructor(tools: DespatchTools, config: AlertingConfig) {
    this.#tools = tools
    this.#clock = tools.clock
    this.#config = config
  }

  /** Takes other channels and windows for what is still to be sent, and goes on with all of it. */
  begin(config: AlertingConfig): void {
    this.#config = config
    for (const name of config.channels.keys()) this.queue(name)
    for (const [name, queue] of this.#queues) queue.channel = config.channels.get(name)
    const absent = new Set<string>()
    for (const { threads } of this.#tools.outbox.ledger.incidents.values()) {
      for (const thread of threads.values()) {
        if (thread.sends.length > 0 && !config.channels.has(thread.channel)) absent.add(thread.channel)
        this.advance(thread)
      }
    }
    for (const channel of absent) this.#tools.log('warn', 'alerts wait for a channel that is not configured', { channel })
  }

  queue(name: string): ChannelQueue<Consignment> {
    const known = this.#queues.get(name)
    if (known) return known
    const { log, ...rest } = this.#tools
    const queue: ChannelQueue<Consignment> = new ChannelQueue({
      ...rest,
      settled: (parcel, delivery) => this.#settled(parcel, delivery),
      failing: message => log('warn', 'a channel takes no alerts', { channel: name, problem: message }),
      recovered: ms => log('info', 'a channel takes alerts again', { channel: name, after: formatDuration(ms) }),
    })
    queue.channel = this.#config.channels.get(name)
    this.#queues.set(name, queue)
    return queue
  }

  account(name: string): Account {
    const known = this.#accounts.get(name)
    if (known) return known
    const made = { delivered: 0, refused: 0, dropped: 0 }
    this.#accounts.set(name, made)
    return made
  }

  isSending(send: Send): boolean {
    const parcel = this.#parcels.get(send)
    return parcel !== undefined && this.queue(parcel.thread.channel).isSending(parcel)
  }

  /** Hands on what is next of a thread, or sees to it that this is done when it is time. */
  advance(thread: Thread): void {
    this.#timers.get(thread)?.()
    this.#timers.delete(thread)
    if (this.#isClosing) return
    const [send] = thread.sends
    if (send === undefined) this.#again(thread)
    else if (!send.isHeld && !send.isBegun) this.#hand(thread, send)
  }

  /** Takes back repeats that are not under way, since there are news. */
  withdrawRepeats(thread: Thread): void {
    for (const send of thread.sends.filter(({ kind }) => kind !== 'news')) this.#withdraw(thread, send)
  }

  /** Gives up what is too much for a channel, the least wanted first. */
  dropExcess(): void {
    const { bounds, outbox } = this.#tools
    for (const [channel, backlog] of outbox.ledger.backlogs) {
      let dropped = 0
      while (backlog.size > bounds.alerts || backlog.bytes > bounds.bytes) {
        const [send, thread] = backlog.leastWanted(each => this.isSending(each)) ?? []
        if (send === undefined || thread === undefined) break
        this.#forget(send)
        this.#write(thread, { send, result: 'dropped' })
        this.advance(thread)
        dropped++
      }
      if (dropped > 0) this.#tellDropped(channel, dropped)
    }
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#isClosing = true
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
    await Promise.all([...this.#queues.values()].map(queue => queue.close(signal)))
  }

  /** Once a minute at most: where too much comes, more comes. */
  #tellDropped(channel: string, dropped: number): void {
    const account = this.account(channel)
    account.dropped += dropped
    const now = this.#clock.monotonic()
    if (now < (this.#toldDropped.get(channel) ?? Number.NEGATIVE_INFINITY) + dropLogMs) return
    this.#toldDropped.set(channel, now)
    const facts = { channel, dropped: account.dropped }
    this.#tools.log('error', 'alerts were dropped, since too many wait for a channel', facts)
  }

  async #settled({ send, thread }: Consignment, delivery: Exclude<Delivery, { result: 'later' }>): Promise<void> {
    this.#parcels.delete(send)
    const { log, outbox } = this.#tools
    if (delivery.result === 'refused') {
      const { incident, status } = send.alert
      log('error', 'a channel refused an alert', { channel: thread.channel, incident, status, problem: delivery.message })
    }
    if (send.kind === 'resend') outbox.ledger.withdraw(thread, send)
    else {
      this.account(thread.channel)[delivery.result]++
      this.#write(thread, { send, result: delivery.result })
    }
    // However it went, the next repeat is not at once.
    if (send.kind !== 'news') thread.toldAtMonotonic = this.#clock.monotonic()
    // A kill must not meet more than what is under way: an answer that is not in the file yet might as well not have come.
    await outbox.flush().catch(error => this.#cannotKeep(error))
    this.advance(thread)
  }

  #write(thread: Thread, { send, result }: { readonly send: Send; readonly result: SendResult }): void {
    const { outbox } = this.#tools
    const { channel, incident } = thread
    try {
      outbox.write({ type: 'settled', at: this.#clock.now(), incident: incident.id, channel, key: send.key, result })
    } catch (error) {
      this.#cannotKeep(error)
    }
    outbox.compact().catch(error => this.#cannotKeep(error))
  }

  #cannotKeep(error: unknown): void {
    this.#tools.log('error', 'what came of an alert could not be kept', { problem: causeChain(error).join(': ') })
  }

  #isMuted(thread: Thread, send: Send): boolean {
    const { alert, kind } = send
    thread.mutedBy = alert.status === 'firing' && kind !== 'resend' ? mutedBy(this.#config, alert, this.#clock.now()) : undefined
    if (thread.mutedBy === undefined) return false
    if (thread.incident.isResolved) {
      this.#write(thread, { send, result: 'muted' })
      this.advance(thread)
    } else this.#wake(thread, muteLookMs)
    return true
  }

  #hand(thread: Thread, send: Send): void {
    const wait = send.dueAt - this.#clock.monotonic()
    if (wait > 0) {
      this.#wake(thread, wait)
      return
    }
    if (this.#isMuted(thread, send)) return
    send.isBegun = true
    const parcel = { key: send.key, alert: send.alert, earlier: [...thread.told], send, thread }
    this.#parcels.set(send, parcel)
    this.queue(thread.channel).push(parcel)
  }

  /** Tells again what was told, where that is wanted. */
  #again(thread: Thread): void {
    const { told, incident, repeatMs, alert, channel, toldAtMonotonic, repeats } = thread
    const resendMs = this.#config.channels.get(channel)?.channel.resendMs
    const everyMs = resendMs ?? repeatMs
    if (told.length === 0 || incident.isResolved || everyMs === undefined) return
    const wait = toldAtMonotonic + everyMs - this.#clock.monotonic()
    if (wait > 0) {
      this.#wake(thread, wait)
      return
    }
    const kind = resendMs === undefined ? 'repeat' : 'resend'
    this.#tools.outbox.ledger.addUnkept(thread, {
      ...{ key: keyOf(alert, kind === 'repeat' ? repeats + 1 : 0), alert, kind },
      ...{ at: this.#clock.now(), afterMs: 0, dueAt: toldAtMonotonic + everyMs },
      ...{ bytes: JSON.stringify(alert).length, isHeld: false, isBegun: false },
    })
    this.advance(thread)
  }

  #withdraw(thread: Thread, send: Send): void {
    if (this.isSending(send)) return
    this.#forget(send)
    this.#tools.outbox.ledger.withdraw(thread, send)
  }

  #forget(send: Send): void {
    const parcel = this.#parcels.get(send)
    if (parcel) this.queue(parcel.thread.channel).withdraw(parcel)
    this.#parcels.delete(send)
  }

  #wake(thread: Thread, ms: number): void {
    const call = (): void => this.advance(thread)
    this.#timers.set(thread, this.#clock.timer(Math.min(ms, longestTimerMs), call, { background: true }))
  }
}
