import type { Test } from '../condition/condition.ts'
import type { RecordLine } from '../line/record-line.ts'
import type { Judgement } from '../measure/gauge.ts'
import type { Absence, Rule } from '../rule.ts'
import { type GroupFields, overSummary, summaryOfRule } from '../words.ts'
import { Groups } from './groups.ts'
import type { KeptIncident, SeenGroups } from './rule-state.ts'
import { type RuleTools, warnOfGroups } from './rule-tools.ts'
import type { ChunkLook, RuleStatus, WatchedRule } from './watched-rule.ts'

interface Group {
  readonly key: string
  readonly fields: GroupFields
  seenAt: number
  incident: KeptIncident | undefined
}

/** Rules about what does not come. It is judged only up to the moment that all its sources have been read to: one that is behind is not absent. */
export class AbsentRule implements WatchedRule {
  readonly rule: Rule
  readonly #measure: Absence
  readonly #tools: RuleTools
  readonly #where: Test
  readonly #fits: Test
  readonly #groups: Groups<Group>
  #look: ChunkLook = { origin: { id: '', source: '', title: '' }, now: 0 }
  #counts = { seen: 0, fit: 0, late: 0, replayed: 0, untold: 0 }

  constructor(rule: Rule, measure: Absence, tools: RuleTools) {
    this.rule = rule
    this.#measure = measure
    this.#tools = tools
    this.#where = rule.where.compile(tools.fields)
    this.#fits = measure.of.compile(tools.fields)
    this.#groups = new Groups({
      by: rule.by,
      max: rule.maxGroups,
      onFull: () => warnOfGroups(rule, tools),
      fields: tools.fields,
      make: (key, fields) => ({ key, fields, seenAt: tools.startedAt, incident: undefined }),
    })
    for (const [key, { at, fields }] of Object.entries(tools.book.lastSeen[rule.name] ?? {})) {
      this.#groups.restore(key, fields).seenAt = at
    }
    for (const incident of tools.book.open()) {
      if (incident.rule === rule.name) this.#groups.restore(incident.group, incident.fields).incident = incident
    }
  }

  /** When each group was seen last: what is remembered over restarts. */
  get lastSeen(): SeenGroups {
    return Object.fromEntries([...this.#groups.all()].map(({ key, seenAt, fields }) => [key, { at: seenAt, fields }]))
  }

  begin(look: ChunkLook): void {
    this.#look = look
  }

  see(line: RecordLine, time: number): void {
    if (!this.#where(line)) return
    this.#counts.seen++
    if (!this.#fits(line)) return
    this.#counts.fit++
    const group = this.#groups.of(line, this.#look.origin)
    if (group && time > group.seenAt) group.seenAt = time
  }

  settle(): void {
    const { now } = this.#look
    for (const group of this.#groups.all()) {
      if (group.incident && now - group.seenAt < this.#measure.afterMs) this.#over(group, now)
    }
  }

  tick(now: number): void {
    const upTo = this.#tools.clocks.upToAll(this.rule.sources, now)
    // What is only read again after a long time is not missed at that time.
    if (upTo < now - this.rule.staleAfterMs) return
    for (const group of this.#groups.all()) {
      const missedMs = upTo - group.seenAt
      if (missedMs < this.#measure.afterMs + this.rule.forMs || group.incident) continue
      group.incident = this.#tools.book.begin({
        rule: this.rule,
        group: group.key,
        fields: group.fields,
        summary: summaryOfRule(this.rule, group.fields, judged(missedMs)),
        startedAt: group.seenAt + this.#measure.afterMs,
      })
    }
  }

  status(): RuleStatus {
    const groups = [...this.#groups.all()]
    const now = this.#look.now
    return {
      rule: this.rule.name,
      kind: 'absence',
      ...this.#counts,
      overflow: this.#groups.overflow,
      groups: groups.length,
      open: groups.filter(({ incident }) => incident !== undefined).length,
      standings: groups
        .sort((a, b) => a.seenAt - b.seenAt)
        .slice(0, 10)
        .map(({ fields, seenAt, incident }) => ({
          group: Object.values(fields).join(', '),
          value: Math.max(0, now - seenAt),
          hits: 0,
          base: 0,
          holds: incident !== undefined,
        })),
    }
  }

  #over(group: Group, now: number): void {
    const { incident } = group
    if (incident === undefined) return
    const afterMs = now - Date.parse(incident.firing.startedAt)
    this.#tools.book.end(incident, {
      summary: overSummary(this.rule, group.fields, { judgement: undefined, afterMs }),
      endedAt: now,
    })
    group.incident = undefined
  }
}

const judged = (missedMs: number): Judgement => ({ holds: true, value: missedMs, hits: 0, base: 0 })
