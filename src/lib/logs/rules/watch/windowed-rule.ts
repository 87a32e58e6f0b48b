import type { Test } from '../condition/condition.ts'
import type { RecordLine } from '../line/record-line.ts'
import { type Gauge, gaugeOf, type Judgement, type Windowed } from '../measure/gauge.ts'
import { Recent } from '../measure/recent.ts'
import { Window } from '../measure/window.ts'
import type { Rule } from '../rule.ts'
import { overSummary, summaryOfRule } from '../words.ts'
import { Groups } from './groups.ts'
import type { KeptGroup, KeptRule } from './kept-windows.ts'
import type { KeptIncident } from './rule-state.ts'
import { type RuleTools, warnOfGroups } from './rule-tools.ts'
import type { ChunkLook, RuleStatus, WatchedRule } from './watched-rule.ts'
import { newWindowGroup, type WindowGroup } from './window-group.ts'

/** Steps of a window: as many moments at which it can be looked at. Sketches are larger than counts. */
const stepsOf = (rule: Rule): number => (rule.measure.kind === 'percentile' ? 20 : 60)
const leastStepMs = 100
const maxSteps = 8192
/** A restart that took longer may have missed records of sources that can not be read again. */
const pauseMs = 5000

/** Rules about what came within a window of time that slides: counts, shares, percentiles, thresholds. */
export class WindowedRule implements WatchedRule {
  readonly rule: Rule
  readonly #tools: RuleTools
  readonly #gauge: Gauge
  readonly #where: Test
  readonly #groups: Groups<WindowGroup>
  readonly #stepMs: number
  readonly #steps: number
  /** It holds where too little came: that is known of whole windows alone. */
  readonly #isTooFew: boolean
  /** Since when it has looked without a pause. */
  readonly #startedAt: number
  #look: ChunkLook = { origin: { id: '', source: '', title: '' }, now: 0 }
  #oldest = 0
  #touched: WindowGroup[] = []
  #counts = { seen: 0, fit: 0, late: 0, replayed: 0, untold: 0 }

  constructor(rule: Rule, measure: Windowed, tools: RuleTools) {
    this.rule = rule
    this.#tools = tools
    this.#gauge = gaugeOf(measure, tools.fields)
    this.#where = rule.where.compile(tools.fields)
    this.#stepMs = Math.max(leastStepMs, Math.ceil(rule.overMs / stepsOf(rule)))
    this.#steps = Math.max(1, Math.round(rule.overMs / this.#stepMs))
    this.#isTooFew = measure.kind === 'count' && measure.bound.order.startsWith('<')
    const behind = Math.ceil((rule.staleAfterMs + rule.latenessMs) / this.#stepMs)
    const isLower = measure.kind === 'threshold' && measure.order.startsWith('<')
    const size = { steps: this.#steps, maxSteps: Math.min(maxSteps, this.#steps + behind) + 2, isLower }
    const times = measure.kind === 'threshold' ? measure.times : undefined
    this.#groups = new Groups({
      by: rule.by,
      max: rule.maxGroups,
      onFull: () => warnOfGroups(rule, tools),
      fields: tools.fields,
      make: (key, fields) => newWindowGroup({ key, fields, window: new Window(size), recent: times && new Recent(times.last) }),
    })
    const kept = tools.windows.rules[rule.name]
    const isSame = kept?.definition === rule.definition
    this.#startedAt = isSame && tools.startedAt - tools.windows.at < pauseMs ? kept.startedAt : tools.startedAt
    if (isSame) for (const group of kept.groups) this.#goOn(group)
    for (const incident of tools.book.open()) if (incident.rule === rule.name) this.#restore(incident)
  }

  /** What it is to know after a restart. */
  kept(): KeptRule {
    const groups = [...this.#groups.all()].flatMap(group => {
      const cells = group.window.kept(group.lastStep)
      if (cells.length === 0 && group.since === undefined) return []
      const { key, fields, recent, lastStep, source, since, heldUntil, heldAt } = group
      return [
        {
          ...{ key, fields, cells, lastStep },
          ...(recent && { recent: recent.text }),
          ...(source !== undefined && { source }),
          ...(since !== undefined && { since, heldUntil, heldAt }),
        },
      ]
    })
    return { definition: this.rule.definition, startedAt: this.#startedAt, groups }
  }

  begin(look: ChunkLook): void {
    this.#look = look
    this.#oldest = look.now - this.rule.staleAfterMs - this.rule.overMs
  }

  see(line: RecordLine, time: number, watermark: number): void {
    const counts = this.#counts
    if (time < this.#oldest) {
      counts.replayed++
      return
    }
    if (time < watermark - this.rule.latenessMs) {
      counts.late++
      return
    }
    if (!this.#where(line)) return
    const { origin } = this.#look
    const group = this.#groups.of(line, origin)
    if (group === undefined) return
    const step = Math.floor(time / this.#stepMs)
    if (step !== group.step || group.cell === undefined) this.#turn(group, step)
    const { cell } = group
    if (cell === undefined) {
      counts.late++
      return
    }
    counts.seen++
    if (!group.isTouched) {
      group.isTouched = true
      group.source = origin.source
      this.#touched.push(group)
    }
    if (!this.#gauge.take(cell, line, group.recent)) return
    counts.fit++
    group.examples.add(line, time, time - this.rule.overMs)
  }

  settle(): void {
    for (const group of this.#touched) {
      group.isTouched = false
      this.#judge(group, group.step, this.#look.now)
    }
    this.#touched = []
  }

  tick(now: number): void {
    const { clocks } = this.#tools
    const all = clocks.upToAll(this.rule.sources, now)
    const spent = Math.floor((now - 2 * this.rule.overMs - this.rule.staleAfterMs) / this.#stepMs)
    for (const group of this.#groups.all()) {
      if (group.incident === undefined && group.since === undefined && !this.#isTooFew) continue
      const upTo = group.source === undefined ? all : clocks.upTo(group.source, now)
      if (upTo === Number.NEGATIVE_INFINITY) continue
      const step = Math.floor(upTo / this.#stepMs)
      if (this.#isTooFew) this.#judgeWhole(group, step - 1, now)
      else if (step >= group.lastStep) this.#judge(group, step, now)
    }
    this.#groups.evict(group => group.incident === undefined && group.since === undefined && group.lastStep < spent)
  }

  status(): RuleStatus {
    const groups = [...this.#groups.all()]
    const standings = groups.flatMap(({ fields, last }) =>
      last
        ? [
            {
              group: Object.values(fields).join(', '),
              ...(Number.isNaN(last.value) ? {} : { value: last.value }),
              hits: last.hits,
              base: last.base,
              holds: last.holds,
            },
          ]
        : [],
    )
    standings.sort((a, b) => Number(b.holds) - Number(a.holds) || b.hits - a.hits)
    return {
      rule: this.rule.name,
      kind: this.rule.measure.kind,
      ...this.#counts,
      overflow: this.#groups.overflow,
      groups: groups.length,
      open: groups.filter(({ incident }) => incident !== undefined).length,
      standings: standings.slice(0, 10),
    }
  }

  #goOn({ key, fields, cells, recent, lastStep, source, since, heldUntil, heldAt }: KeptGroup): void {
    const group = this.#groups.restore(key, fields)
    group.window.restore(cells)
    for (const flag of recent ?? '') group.recent?.add(flag === '1')
    group.lastStep = lastStep
    group.source = source
    group.since = since
    group.heldUntil = heldUntil ?? group.heldUntil
    group.heldAt = heldAt ?? group.heldAt
  }

  /** An incident of the run before goes on: where its window is not known, it is over once a whole window has been seen that is well. */
  #restore(incident: KeptIncident): void {
    const group = this.#groups.restore(incident.group, incident.fields)
    const { startedAt } = this.#tools
    group.incident = incident
    if (group.since !== undefined) return
    group.since = Date.parse(incident.firing.startedAt)
    group.heldAt = startedAt + Math.max(0, this.rule.overMs - this.rule.resolveAfterMs)
    group.heldUntil = group.heldAt
  }

  /** Records of another step begin. */
  #turn(group: WindowGroup, step: number): void {
    if (group.isTouched) this.#judge(group, group.step, this.#look.now)
    group.cell = group.window.cell(step)
    if (group.cell === undefined) return
    group.step = step
    group.lastStep = Math.max(group.lastStep, step)
  }

  #judge(group: WindowGroup, step: number, now: number): void {
    const judgement = this.#gauge.judge(group.window.sum(step), group.recent)
    const end = (step + 1) * this.#stepMs
    if (step >= group.lastStep) {
      group.last = judgement
      group.lastStep = step
    }
    if (judgement.holds && !this.#isTooFew) this.#hold(group, { end, now, judgement })
    else if (!judgement.holds && end > group.heldUntil) this.#release(group, { end, now, judgement })
  }

  #judgeWhole(group: WindowGroup, step: number, now: number): void {
    const judgement = this.#gauge.judge(group.window.sum(step), group.recent)
    const end = (step + 1) * this.#stepMs
    group.last = judgement
    if (!judgement.holds) this.#release(group, { end, now, judgement })
    else if (end >= this.#startedAt + this.rule.overMs) this.#hold(group, { end, now, judgement })
  }

  #hold(group: WindowGroup, { end, now, judgement }: Finding): void {
    const { rule } = this
    group.since = Math.min(group.since ?? end, end)
    group.heldUntil = Math.max(group.heldUntil, end)
    group.heldAt = Math.max(group.heldAt, now)
    if (group.incident || end - group.since < rule.forMs) return
    if (end < now - rule.staleAfterMs) {
      this.#counts.untold++
      return
    }
    group.incident = this.#tools.book.begin({
      rule,
      group: group.key,
      fields: group.fields,
      summary: summaryOfRule(rule, group.fields, judgement),
      detail: group.examples.detail(end - rule.overMs - this.#stepMs),
      startedAt: Math.min(group.since, now),
    })
  }

  #release(group: WindowGroup, { end, now, judgement }: Finding): void {
    const { rule } = this
    const { incident } = group
    if (incident === undefined) {
      group.since = undefined
      return
    }
    if (end < group.heldUntil + rule.resolveAfterMs || now < group.heldAt + rule.resolveAfterMs) return
    const endedAt = Math.min(end, now)
    const afterMs = endedAt - Date.parse(incident.firing.startedAt)
    const told = group.source === undefined ? undefined : judgement
    this.#tools.book.end(incident, { summary: overSummary(rule, group.fields, { judgement: told, afterMs }), endedAt })
    group.incident = undefined
    group.since = undefined
  }
}

interface Finding {
  readonly end: number
  readonly now: number
  readonly judgement: Judgement
}
