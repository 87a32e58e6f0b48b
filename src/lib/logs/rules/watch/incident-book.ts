import { renameSync } from 'node:fs'
import type { Alert } from '../../../core/alert.ts'
import { type Clock, rfc3339 } from '../../../core/clock.ts'
import type { Log } from '../../../core/io.ts'
import { randomHex } from '../../../core/random-hex.ts'
import type { Rule } from '../rule.ts'
import type { GroupFields } from '../words.ts'
import { type KeptIncident, type LastSeen, type RuleState, readRuleState, writeRuleState } from './rule-state.ts'

export interface IncidentBookOptions {
  readonly clock: Clock
  readonly log: Log
  /** Of the file in which it remembers. */
  readonly path: string
  /** Takes alerts into care: settles when they can no longer be lost. Absent: nobody is told. */
  readonly raise?: (alerts: readonly Alert[]) => Promise<void>
}

/** What an incident begins with. */
export interface Beginning {
  readonly rule: Rule
  readonly group: string
  readonly fields: GroupFields
  readonly summary: string
  readonly detail?: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Where the incident has a name of its own, which comes again when the same is read again. */
  readonly id?: string
}

/** After alerts that nobody took. */
const againAfterMs = 1000

/**
 * The open incidents of all rules. Each is on the disk before the records that led to it can be acknowledged; alerts of it are raised again
 * after a restart, and channels know what they were told.
 */
export class IncidentBook {
  readonly #options: IncidentBookOptions
  readonly #incidents = new Map<string, KeptIncident>()
  /** Alerts that are not in care yet. */
  #uncared: Alert[] = []
  #raising: Promise<void> | undefined
  #cancelAgain: (() => void) | undefined
  #isDirty = false
  #isFailing = false
  #lastSeen: LastSeen
  opened = 0
  resolved = 0

  constructor(options: IncidentBookOptions) {
    this.#options = options
    const { incidents, lastSeen } = this.#read()
    this.#lastSeen = lastSeen
    for (const incident of incidents) {
      this.#incidents.set(incident.firing.incident, incident)
      this.#uncared.push(incident.firing)
      if (incident.resolved) this.#uncared.push(incident.resolved)
    }
    this.#hand()
  }

  /** As the last run left it. */
  get lastSeen(): LastSeen {
    return this.#lastSeen
  }

  /** Those that are not over. */
  *open(): Generator<KeptIncident> {
    for (const incident of this.#incidents.values()) if (!incident.resolved) yield incident
  }

  get openCount(): number {
    return [...this.open()].length
  }

  has(id: string): boolean {
    return this.#incidents.has(id)
  }

  /** Begins an incident. It is on the disk after the next `flush`. */
  begin({ rule, group, fields, summary, detail, startedAt, id }: Beginning): KeptIncident {
    const { clock, log } = this.#options
    const firing: Alert = {
      incident: id ?? `log-${clock.now().toString(36)}-${randomHex(5)}`,
      status: 'firing',
      severity: rule.severity,
      summary,
      ...(detail !== undefined && detail !== '' && { detail }),
      labels: { ...fields, rule: rule.name, ...rule.labels },
      ...(rule.runbook !== undefined && { runbook: rule.runbook }),
      startedAt: rfc3339(startedAt),
    }
    const incident = { rule: rule.name, group, fields, openedAt: clock.now(), firing }
    this.#incidents.set(firing.incident, incident)
    this.#uncared.push(firing)
    this.#isDirty = true
    this.opened++
    log('warn', `a rule holds: ${summary}`, { rule: rule.name, incident: firing.incident, severity: rule.severity })
    return incident
  }

  /** Ends an incident. */
  end(incident: KeptIncident, { summary, endedAt }: { readonly summary: string; readonly endedAt: number }): void {
    const { firing } = incident
    const { detail: _, ...told } = firing
    const ended = Math.max(endedAt, Date.parse(firing.startedAt))
    const resolved: Alert = { ...told, status: 'resolved', summary, endedAt: rfc3339(ended) }
    this.#incidents.set(firing.incident, { ...incident, resolved })
    this.#uncared.push(resolved)
    this.#isDirty = true
    this.resolved++
    this.#options.log('info', `a rule does not hold any more: ${summary}`, { rule: incident.rule, incident: firing.incident })
  }

  /** Writes down what changed, then hands on what is to be told. */
  flush(): void {
    if (this.#isDirty) this.#write()
    this.#hand()
  }

  /** Remembers when what is missed was seen. */
  remember(lastSeen: LastSeen): void {
    this.#lastSeen = lastSeen
    this.#isDirty = true
    this.flush()
  }

  /** Settles when all that was handed on is in care, or nobody took it. */
  async close(): Promise<void> {
    this.flush()
    while (this.#raising) await this.#raising
    this.#cancelAgain?.()
  }

  #hand(): void {
    const { raise } = this.#options
    if (this.#raising || this.#uncared.length === 0 || this.#cancelAgain) return
    const alerts = this.#uncared
    this.#uncared = []
    this.#raising = (raise?.(alerts) ?? Promise.resolve()).then(
      () => this.#cared(alerts),
      error => this.#again(alerts, error),
    )
  }

  #cared(alerts: readonly Alert[]): void {
    this.#raising = undefined
    for (const { incident, status } of alerts) {
      if (status !== 'resolved') continue
      this.#incidents.delete(incident)
      this.#isDirty = true
    }
    this.flush()
  }

  #again(alerts: readonly Alert[], error: unknown): void {
    const { log, clock } = this.#options
    this.#raising = undefined
    this.#uncared.unshift(...alerts)
    log('error', 'alerts of rules were not taken into care: tried again', { problem: String(error) })
    this.#cancelAgain = clock.timer(
      againAfterMs,
      () => {
        this.#cancelAgain = undefined
        this.#hand()
      },
      { background: true },
    )
  }

  #read(): RuleState {
    const { path, log } = this.#options
    try {
      return readRuleState(path)
    } catch (error) {
      log('error', 'what rules remembered can not be read: it is put aside, and they begin anew', {
        path,
        problem: String(error),
      })
      try {
        renameSync(path, `${path}.broken`)
      } catch {
        // It is written anew where it is.
      }
      return { form: 1, incidents: [], lastSeen: {} }
    }
  }

  #write(): void {
    const { path, log } = this.#options
    try {
      writeRuleState(path, { form: 1, incidents: [...this.#incidents.values()], lastSeen: this.#lastSeen })
      this.#isDirty = false
      this.#isFailing = false
    } catch (error) {
      // Tried again with the next change, and with every tick.
      if (!this.#isFailing) log('error', 'what rules remember can not be written', { path, problem: String(error) })
      this.#isFailing = true
    }
  }
}
