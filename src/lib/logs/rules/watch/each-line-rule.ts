import { rfc3339 } from '../../../core/clock.ts'
import { formatDuration } from '../../../core/duration.ts'
import { sha256 } from '../../../core/sha256.ts'
import type { Test } from '../condition/condition.ts'
import type { RecordLine } from '../line/record-line.ts'
import type { EachLine, Rule } from '../rule.ts'
import { overSummary, summaryOfRule } from '../words.ts'
import { detailOf } from './examples.ts'
import { Groups } from './groups.ts'
import { type RuleTools, warnOfGroups } from './rule-tools.ts'
import type { ChunkLook, RuleStatus, WatchedRule } from './watched-rule.ts'

interface Group {
  readonly fields: Readonly<Record<string, string>>
  readonly key: string
  /** When the last ones were told, of the clock. */
  told: number[]
  /** Since the last one that was told. */
  untold: number
}

/** Rules that tell of each record that fits, as an incident of its own that is over after a while; not of more than so many in a time. */
export class EachLineRule implements WatchedRule {
  readonly rule: Rule
  readonly #measure: EachLine
  readonly #tools: RuleTools
  readonly #where: Test
  readonly #fits: Test
  readonly #groups: Groups<Group>
  #look: ChunkLook = { origin: { id: '', source: '', title: '' }, now: 0 }
  /** Of the record in its chunk. */
  #number = 0
  #counts = { seen: 0, fit: 0, late: 0, replayed: 0, untold: 0 }

  constructor(rule: Rule, measure: EachLine, tools: RuleTools) {
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
      make: (key, fields) => ({ key, fields, told: [], untold: 0 }),
    })
  }

  begin(look: ChunkLook): void {
    this.#look = look
    this.#number = 0
  }

  see(line: RecordLine, time: number): void {
    const number = this.#number++
    const counts = this.#counts
    if (time < this.#look.now - this.rule.staleAfterMs) {
      counts.replayed++
      return
    }
    counts.seen++
    if (!this.#fits(line) || !this.#where(line)) return
    counts.fit++
    const group = this.#groups.of(line, this.#look.origin)
    if (group) this.#tell(group, { line, time, number })
  }

  settle(): void {
    // Each was told when it came.
  }

  tick(now: number): void {
    for (const incident of [...this.#tools.book.open()]) {
      if (incident.rule !== this.rule.name || now < incident.openedAt + this.rule.resolveAfterMs) continue
      const summary = overSummary(this.rule, incident.fields, { judgement: undefined, afterMs: this.rule.resolveAfterMs })
      this.#tools.book.end(incident, { summary, endedAt: now })
    }
    this.#groups.evict(({ told }) => now - (told.at(-1) ?? 0) > this.#measure.perMs)
  }

  status(): RuleStatus {
    const open = [...this.#tools.book.open()].filter(({ rule }) => rule === this.rule.name).length
    const { size, overflow } = this.#groups
    return { rule: this.rule.name, kind: 'lines', ...this.#counts, overflow, groups: size, open, standings: [] }
  }

  #tell(
    group: Group,
    { line, time, number }: { readonly line: RecordLine; readonly time: number; readonly number: number },
  ): void {
    const { rule } = this
    const { now, origin } = this.#look
    const { limit, perMs } = this.#measure
    const id = `log-${sha256().update(`${rule.name}\0${origin.id}\0${number}`).digest('hex').slice(0, 24)}`
    if (this.#tools.book.has(id)) return
    group.told = group.told.filter(at => now - at < perMs)
    if (group.told.length >= limit) {
      if (group.untold++ === 0)
        this.#tools.log('warn', 'more lines fit a rule than are told', { rule: rule.name, limit, per: formatDuration(perMs) })
      this.#counts.untold++
      return
    }
    group.told.push(now)
    const more =
      group.untold === 0
        ? []
        : [`${group.untold} more lines before this one were not told: more than ${limit} in ${formatDuration(perMs)}`]
    group.untold = 0
    const summary = summaryOfRule(rule, group.fields, { holds: true, value: 1, hits: 1, base: 1 })
    const detail = [`at ${rfc3339(time)}`, detailOf([line.json]), ...more].join('\n')
    this.#tools.book.begin({ rule, group: group.key, fields: group.fields, summary, detail, startedAt: Math.min(time, now), id })
  }
}
