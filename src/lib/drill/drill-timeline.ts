import { rfc3339 } from '../core/clock.ts'
import { maxSpans, type Report, type Span } from '../core/report.ts'
import type { DrillFacts } from './drill-report.ts'
import { epochOf } from './moments.ts'
import type { Sample, Series } from './verifier/series.ts'

/** Phases, faults, what the engine did, and what the probes saw, on one axis. */
export function drillTimeline(report: Report, facts: DrillFacts): Pick<Report, 'timeline' | 'omittedSpans'> {
  const engine = (report.timeline ?? []).map(span => ({ ...span, group: groups[span.group] ?? span.group }))
  const own = [...phaseSpans(report, facts), ...faultSpans(facts), ...facts.series.flatMap(series => probeSpans(series, facts))]
  const all = [...own, ...engine].sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt))
  const omitted = Math.max(0, all.length - maxSpans) + (report.omittedSpans ?? 0)
  return { timeline: all.slice(0, maxSpans), ...(omitted > 0 && { omittedSpans: omitted }) }
}

/** What the engine calls its groups, in the words of a drill. */
const groups: Readonly<Record<string, string>> = { precheck: 'gate', 'wave 1': 'inject', undo: 'heal' }

type Part = Pick<Span, 'group' | 'row' | 'name'> & Partial<Pick<Span, 'verdict' | 'outcome' | 'message'>>

/** From and to are of the monotonic clock. */
function spanOf({ clock }: DrillFacts, part: Part, { from, to }: { readonly from: number; readonly to: number }): Span {
  return { ...part, startedAt: rfc3339(epochOf(clock, from)), durationMs: Math.max(0, Math.round(to - from)) }
}

function phaseSpans(report: Report, facts: DrillFacts): Span[] {
  const { clock, moments, phases } = facts
  const { faults } = moments
  const began = clock.monotonic() - (clock.now() - Date.parse(report.startedAt))
  const injected = moments.moments?.injectedMs
  if (injected === undefined) return []
  const healing = phases.observedUntil ?? Math.min(...faults.map(({ healingMs }) => healingMs ?? phases.healed))
  const observed = phases.observedFrom ?? healing
  const parts = [
    ['gate', began, injected],
    ['inject', injected, observed],
    ['observe', observed, healing],
    ['heal', healing, phases.healed],
    ['verify', phases.healed, phases.settled],
  ] as const
  return parts.map(([name, from, to]) => spanOf(facts, { group: 'phases', row: 'drill', name }, { from, to }))
}

function faultSpans(facts: DrillFacts): Span[] {
  return facts.moments.faults.flatMap(({ host, step, injectedMs, healedMs }) => {
    if (injectedMs === undefined) return []
    const to = healedMs ?? facts.phases.healed
    return [spanOf(facts, { group: 'faults', row: host, name: step, outcome: 'changed' }, { from: injectedMs, to })]
  })
}

const verdictOf = { ok: 'pass', failed: 'fail', lost: 'unknown' } as const
const words = { ok: 'succeeds', failed: 'fails', lost: 'is not known' } as const

/** Answers that are alike, one after the other, are one bar. */
function probeSpans(series: Series, facts: DrillFacts): Span[] {
  const stretches: Sample[][] = []
  for (const sample of series.samples) {
    const current = stretches.at(-1)
    if (current?.[0]?.outcome === sample.outcome) current.push(sample)
    else stretches.push([sample])
  }
  return stretches.flatMap((stretch, index) => {
    const [first, last] = [stretch[0], stretch.at(-1)]
    if (!first || !last) return []
    const { outcome } = first
    const said = stretch.find(({ message }) => message !== undefined)?.message
    const message = `${stretch.length} samples${said === undefined ? '' : `: ${said}`}`
    const part = { group: 'probes', row: series.name, name: words[outcome], verdict: verdictOf[outcome], message } as const
    return [spanOf(facts, part, { from: first.startMs, to: stretches[index + 1]?.[0]?.startMs ?? last.endMs })]
  })
}
