import type { Alert } from '../core/alert.ts'
import { Backlog } from './backlog.ts'
import type { Incident, Send, Thread } from './incident.ts'
import type { AlertRecord, KeptIncident, Raised, Settled } from './record.ts'
import type { Target } from './route.ts'
import { keyOf } from './send-key.ts'

/** A moment by both clocks, milliseconds. */
export interface Moment {
  readonly wall: number
  readonly monotonic: number
  /** What had to wait is not sent sooner than this: who has just begun does not know yet whether it is still firing. */
  readonly graceMs?: number
}

/** So many incidents that are over are remembered, so that nothing is told of them twice. */
const maxOver = 10_000

/**
 * What everybody has been told and is to be told. It changes by records alone, whether they are written or read again, so that after a
 * restart it is what it was.
 */
export class Ledger {
  readonly #incidents = new Map<string, Incident>()
  readonly #over = new Map<string, number>()
  readonly #backlogs = new Map<string, Backlog>()

  get incidents(): ReadonlyMap<string, Incident> {
    return this.#incidents
  }

  /** By channel. */
  get backlogs(): ReadonlyMap<string, Backlog> {
    return this.#backlogs
  }

  isOver(incident: string): boolean {
    return this.#over.has(incident)
  }

  apply(record: AlertRecord, now: Moment): void {
    if (record.type === 'raised') this.#raise(record, now)
    else if (record.type === 'settled') this.#settle(record, now)
    else if (record.type === 'incident') this.#restore(record, now)
    else for (const { id, at } of record.incidents) this.#end(id, at)
  }

  /** Everything that is not over, and what is, as records that make a new ledger into this one. */
  *records(): Generator<AlertRecord> {
    for (const incident of this.#incidents.values()) yield keptIncident(incident)
    // At the end: one may have come to its end while the others were written.
    yield { type: 'over', incidents: [...this.#over].map(([id, at]) => ({ id, at })) }
  }

  /** Adds what no record tells of: it follows from what was told before. */
  addUnkept(thread: Thread, send: Send): void {
    thread.sends.push(send)
    this.#backlog(thread.channel).add(send, thread)
  }

  /** Takes away what was not sent yet. */
  withdraw(thread: Thread, send: Send): void {
    const at = thread.sends.indexOf(send)
    if (at >= 0) thread.sends.splice(at, 1)
    this.#backlog(thread.channel).remove(send)
  }

  #raise({ alert, at, sends, cancels }: Raised, now: Moment): void {
    const known = this.#incidents.get(alert.incident)
    const incident: Incident = known ?? { id: alert.incident, severity: alert.severity, isResolved: false, threads: new Map() }
    this.#incidents.set(incident.id, incident)
    for (const { channel, key } of cancels) {
      const thread = incident.threads.get(channel)
      const send = thread?.sends.find(each => each.key === key)
      if (thread && send) this.withdraw(thread, send)
    }
    if (alert.status === 'resolved') incident.isResolved = true
    else incident.severity = alert.severity
    for (const target of sends) {
      const thread = threadOf(incident, { target, alert })
      this.#add(thread, { key: keyOf(alert), alert, at, afterMs: target.afterMs }, now)
    }
    this.#endIfDone(incident, at)
  }

  #settle({ incident: id, channel, key, result, at }: Settled, now: Moment): void {
    const incident = this.#incidents.get(id)
    const thread = incident?.threads.get(channel)
    if (!incident || !thread) return
    const send = thread.sends.find(each => each.key === key)
    if (send) this.withdraw(thread, send)
    // A repeat of which only its end was kept is one of what was told.
    const alert = send?.alert ?? thread.alert
    if (result === 'delivered' && alert.status === 'firing') {
      if (!thread.told.includes(alert.severity)) thread.told.push(alert.severity)
      else thread.repeats++
      thread.toldAt = at
      thread.toldAtMonotonic = now.monotonic - Math.max(0, now.wall - at)
    }
    // Of what nobody was told, nobody is told the end.
    const isUntold = thread.told.length === 0 && thread.sends.every(each => each.alert.status === 'resolved')
    if (isUntold) for (const end of [...thread.sends]) this.withdraw(thread, end)
    this.#endIfDone(incident, at)
  }

  #restore(kept: KeptIncident, now: Moment): void {
    const known = this.#incidents.get(kept.id)
    for (const thread of known?.threads.values() ?? []) for (const send of [...thread.sends]) this.withdraw(thread, send)
    const incident: Incident = { id: kept.id, severity: kept.severity, isResolved: kept.isResolved, threads: new Map() }
    this.#incidents.set(incident.id, incident)
    for (const { sends, told, repeatMs, ...rest } of kept.threads) {
      const toldAtMonotonic = now.monotonic - Math.max(0, now.wall - rest.toldAt)
      const thread: Thread = { ...rest, incident, repeatMs, told: [...told], toldAtMonotonic, sends: [], mutedBy: undefined }
      incident.threads.set(thread.channel, thread)
      for (const send of sends) this.#add(thread, send, now)
    }
  }

  #add(thread: Thread, send: Pick<Send, 'key' | 'alert' | 'at' | 'afterMs'>, { wall, monotonic, graceMs = 0 }: Moment): void {
    const { at, afterMs } = send
    // Whatever was done to the clock on the wall, it waits no longer than it had to in all.
    const left = Math.min(Math.max(at + afterMs - wall, Math.min(graceMs, afterMs), 0), afterMs)
    const bytes = JSON.stringify(send.alert).length
    const added: Send = { ...send, dueAt: monotonic + left, bytes, kind: 'news', isHeld: false, isBegun: false }
    thread.sends.push(added)
    this.#backlog(thread.channel).add(added, thread)
  }

  #endIfDone(incident: Incident, at: number): void {
    if (!incident.isResolved) return
    for (const thread of incident.threads.values()) if (thread.sends.length > 0) return
    this.#end(incident.id, at)
  }

  #end(id: string, at: number): void {
    this.#incidents.delete(id)
    this.#over.delete(id)
    this.#over.set(id, at)
    const [oldest] = this.#over.keys()
    if (oldest !== undefined && this.#over.size > maxOver) this.#over.delete(oldest)
  }

  #backlog(channel: string): Backlog {
    const known = this.#backlogs.get(channel)
    if (known) return known
    const made = new Backlog()
    this.#backlogs.set(channel, made)
    return made
  }
}

function threadOf(incident: Incident, { target, alert }: { readonly target: Target; readonly alert: Alert }): Thread {
  const { channel, repeatMs, resolved } = target
  const known = incident.threads.get(channel)
  if (known) {
    if (alert.status === 'firing') {
      known.alert = alert
      known.repeatMs = repeatMs
      known.resolves = resolved
    }
    return known
  }
  const thread: Thread = {
    ...{ channel, incident, alert, repeatMs, resolves: resolved },
    ...{ sends: [], told: [], toldAt: 0, toldAtMonotonic: 0, repeats: 0, mutedBy: undefined },
  }
  incident.threads.set(channel, thread)
  return thread
}

function keptIncident({ id, severity, isResolved, threads }: Incident): KeptIncident {
  return {
    ...{ type: 'incident', id, severity, isResolved },
    threads: [...threads.values()].map(({ channel, told, toldAt, repeats, repeatMs, resolves, alert, sends }) => ({
      ...{ channel, told, toldAt, repeats, resolves, alert },
      ...(repeatMs !== undefined && { repeatMs }),
      sends: sends
        .filter(({ kind }) => kind === 'news')
        .map(({ key, at, afterMs, alert: sent }) => ({ key, at, afterMs, alert: sent })),
    })),
  }
}
