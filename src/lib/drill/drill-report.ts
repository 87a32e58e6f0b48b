import { type Clock, rfc3339 } from '../core/clock.ts'
import { formatDuration } from '../core/duration.ts'
import type { Item } from '../core/item.ts'
import type { Json } from '../core/json.ts'
import { type Report, ReportFold } from '../core/report.ts'
import { drillTimeline } from './drill-timeline.ts'
import { type DrillVerdict, judgeDrill, verdictOf } from './drill-verdict.ts'
import type { Ending } from './drill-watch.ts'
import { type DrillMoments, epochOf, type FaultMoments } from './moments.ts'
import type { Playbook } from './playbook/playbook.ts'
import { interruption, measure } from './verifier/measure.ts'
import { type Judgement, judgeObjective, lacksData } from './verifier/objective.ts'
import type { Moments, Series } from './verifier/series.ts'

export interface DrillFacts {
  readonly clock: Clock
  readonly playbook: Playbook
  readonly moments: DrillMoments
  readonly series: readonly Series[]
  readonly steady: readonly Item[]
  readonly ending?: Ending
  /** Of the monotonic clock. */
  readonly phases: {
    readonly observedFrom?: number
    readonly observedUntil?: number
    readonly healed: number
    readonly settled: number
  }
}

/** What the engine tells of the faults, together with what was seen meanwhile, judged. */
export function drillReport(report: Report, facts: DrillFacts): Report {
  const { moments, steady } = facts
  const ending = facts.ending ?? (report.stopped && { is: 'stopped' as const, message: report.stopped.message })
  const faults = report.items.flatMap(item => faultItem(item, moments.faults))
  const now = moments.moments
  const objectives = now && facts.phases.observedFrom !== undefined ? objectiveItems(facts, now) : []
  const { is, message } = judgeDrill({ faults, objectives, steady, ...(ending && { ending }) })
  const { startedAt, durationMs } = report
  const last: Item = { path: 'verdict/drill', name: is, verdict: verdictOf[is], message, startedAt, durationMs }
  const fold = new ReportFold()
  for (const each of [...faults, ...objectives, ...steady, last]) fold.add(each)
  const stopped = ending?.is === 'halted' ? { exit: 3, message: ending.message } : report.stopped
  return {
    ...report,
    kind: 'drill',
    durationMs: Math.round(facts.clock.now() - Date.parse(report.startedAt)),
    counts: fold.counts,
    items: fold.items(),
    omitted: fold.omitted,
    ...drillTimeline(report, facts),
    data: dataOf(is, facts),
    ...(stopped && { stopped }),
  }
}

/** What is taken back is no failure of a drill, and what could not be injected is no failure of what was to be tested. */
function faultItem(told: Item, faults: readonly FaultMoments[]): Item[] {
  const { outcome, reason: _, rollbackable: _r, severity: _s, message, ...rest } = told
  const [wave = '', host = '', step = '', more] = told.path.split('/')
  const path = `fault/${host}/${step}`
  if (outcome === 'stuck') {
    const said = `could not be healed: ${message ?? ''}; \`opsctl drill clean\` tries again`
    return [{ ...told, path, verdict: 'fail', message: said }]
  }
  if (more === 'undo') return []
  const fault = faults.find(each => each.host === host && each.step === step)
  if (outcome === 'undone') {
    const { evidence, lease } = fault ?? {}
    const lasted = lease === 'over' ? 'until the host healed itself' : `for ${time(fault)}, then healed`
    const unheld = lease === 'unguarded' || lease === 'gone'
    const warning = unheld ? '; its lease was lost meanwhile, so the host would not have healed itself' : ''
    const verdict = unheld ? 'warn' : 'pass'
    const said = `in place ${lasted}${warning}${shortly(evidence)}`
    return [{ ...rest, path, verdict, message: said, ...(evidence !== undefined && { data: { injected: evidence } }) }]
  }
  const words = wordsFor(wave, step)
  const why = outcome === 'skipped' ? (message ?? '') : `${words}: ${message ?? ''}`
  return [{ ...rest, path: wave === 'lasting' ? `${path}/lasting` : path, verdict: 'unknown', message: why }]
}

function wordsFor(wave: string, step: string): string {
  if (wave === 'lasting') return 'it did not last'
  if (step === 'confirm') return 'opsctl could not log in once more'
  return wave === '0' || step === 'precheck' ? 'not begun' : 'it did not bite'
}

/** Evidence of one line is told to people, too. */
function shortly(evidence = ''): string {
  const [line, more] = evidence.trimEnd().split('\n')
  return line && more === undefined ? `: ${line}` : ''
}

function time(fault: FaultMoments | undefined): string {
  if (fault?.injectedMs === undefined || fault.healedMs === undefined) return 'an unknown time'
  return formatDuration(fault.healedMs - fault.injectedMs)
}

function objectiveItems({ clock, playbook, series }: DrillFacts, moments: Moments): Item[] {
  const startedAt = rfc3339(epochOf(clock, moments.injectedMs))
  const durationMs = Math.round(moments.nowMs - moments.injectedMs)
  const tell = (name: string, index: number, { verdict, message }: Judgement): Item => {
    return { path: `objective/${index + 1}`, name, verdict, message, startedAt, durationMs }
  }
  const measured = measuredBy(playbook, series)
  const objectives = playbook.objectives.map(each => [each.text, judgeObjective(each, measured, moments)] as const)
  const expected = playbook.expectations.map(({ probe, withinMs }) => {
    const seen = series.find(({ name }) => name === probe.name)
    return [
      `${probe.name} succeeds within ${formatDuration(withinMs)}`,
      seen ? judgeExpected(seen, withinMs, moments) : noData,
    ] as const
  })
  return [...objectives, ...expected].map(([name, judgement], index) => tell(name, index, judgement))
}

/** Those that objectives are about: a step that expects an answer has its own. */
export function measuredBy({ expectations }: Playbook, series: readonly Series[]): readonly Series[] {
  return series.filter(({ name }) => !expectations.some(({ probe }) => probe.name === name))
}

const noData: Judgement = { verdict: 'unknown', message: 'there is no data' }

/** A step of the playbook that expects an answer while the faults are in place. */
function judgeExpected(series: Series, withinMs: number, moments: Moments): Judgement {
  const samples = series.during(moments)
  const first = samples.find(({ outcome }) => outcome === 'ok')
  const took = first && first.endMs - moments.injectedMs
  if (took !== undefined) {
    const message = `it did after ${formatDuration(took)}`
    return { verdict: took <= withinMs ? 'pass' : 'fail', message }
  }
  if (samples.length === 0) return noData
  const message = `it did not: ${samples.at(-1)?.message ?? ''}`
  const lookedFor = (moments.healedMs ?? moments.nowMs) - moments.injectedMs
  return { verdict: lookedFor >= withinMs ? 'fail' : 'unknown', message }
}

function dataOf(verdict: DrillVerdict, { clock, moments, series }: DrillFacts): Record<string, Json> {
  const now = moments.moments
  if (!now) return { verdict, events: [], probes: {} }
  const event = (what: string, ms: number) => ({ what, at: rfc3339(epochOf(clock, ms)), seconds: (ms - now.injectedMs) / 1000 })
  const faults = moments.faults.flatMap(({ host, step, injectedMs, healedMs }) => [
    ...(injectedMs === undefined ? [] : [event(`injected ${host}/${step}`, injectedMs)]),
    ...(healedMs === undefined ? [] : [event(`healed ${host}/${step}`, healedMs)]),
  ])
  const seen = series.flatMap(each => {
    const { failed, recovered } = interruption(each, now)
    return [
      ...(failed ? [event(`first failure of ${each.name}`, failed.startMs)] : []),
      ...(recovered ? [event(`first success of ${each.name} after it`, recovered.endMs)] : []),
    ]
  })
  const events = [...faults, ...seen].sort((a, b) => a.seconds - b.seconds)
  return { verdict, events, probes: Object.fromEntries(series.map(each => [each.name, probeData(each, now)])) }
}

function probeData(series: Series, moments: Moments): Json {
  const { asked, missing } = series.missing(moments)
  const windowMs = (moments.healedMs ?? moments.nowMs) - moments.injectedMs
  const figure = (name: Parameters<typeof measure>[0]): Json => {
    const value = measure(name, series, moments)
    return value && Number.isFinite(value.most) ? value.most : null
  }
  return {
    everyMs: series.everyMs,
    asked,
    missing,
    enough: !lacksData(series, moments),
    achievedEveryMs: asked > missing ? Math.round(windowMs / (asked - missing)) : null,
    recoverySeconds: figure('recovery_seconds'),
    outageSeconds: figure('outage_seconds'),
    healSeconds: figure('heal_seconds'),
    errorRatio: figure('error_ratio'),
    failures: figure('failures'),
    p95Ms: figure('p95_ms'),
  }
}
