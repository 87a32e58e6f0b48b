import { rfc3339 } from '../core/clock.ts'
import { maxSpans, type Report, type Span } from '../core/report.ts'
import type { DrillFacts } from './drill-report.ts'
import type { Sample, Series } from './verifier/series.ts'

/** Phases, faults, what the engine did, and what the probes saw, on one axis. */
export function drillTimeline(report: Report, facts: DrillFacts): Pick<Report, 'timeline' | 'omittedSpans'> {
  const engine = (report.timeline ?? []).map(span => ({ ...span, group: groups[span.group] ?? span.group }))
  // The two clocks are read once, and moments are whole milliseconds: what ends where another begins would overlap it otherwise.
  const { clock } = facts
  const offset = clock.now() - clock.monotonic()
  const at = (ms: number): number => Math.round(offset + ms)
  const own = [
    ...phaseSpans(report, facts, at),
    ...faultSpans(facts, at),
    ...facts.series.flatMap(series => probeSpans(series, at)),
  ]
  const all = [...own, ...engine].sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt))
  const omitted = Math.max(0, all.length - maxSpans) + (report.omittedSpans ?? 0)
  return { timeline: all.slice(0, maxSpans), ...(omitted > 0 && { omittedSpans: omitted }) }
}

/** What the engine calls its groups, in the words of a drill. */
const groups: Readonly<Record<string, string>> = { precheck: 'gate', 'wave 1': 'inject', undo: 'heal' }

type Part = Pick<Span, 'group' | 'row' | 'name'> & Partial<Pick<Span, 'verdict' | 'outcome' | 'message'>>

/** Of a moment of the monotonic clock, in milliseconds since 1970. */
type At = (ms: number) => number

/** From and to are of the monotonic clock. */
function spanOf(at: At, part: Part, { from, to }: { readonly from: number; readonly to: number }): Span {
  return { ...part, startedAt: rfc3339(at(from)), durationMs: Math.max(0, at(to) - at(from)) }
}

function phaseSpans(report: Report, facts: DrillFacts, at: At): Span[] {
  const { clock, moments, phases } = facts
  const { faults } = moments
  const began = clock.monotonic() - (clock.now() - Date.parse(report.startedAt))
  const injected = moments.moments?.injectedMs
  if (injected === undefined) return []
  const healingBegan = phases.observedUntil ?? Math.min(...faults.map(({ healingMs }) => healingMs ?? phases.healed))
  // A fault whose time is over heals while others are still watched: no phase begins behind the one after it.
  const healing = Math.min(healingBegan, phases.healed)
  const observed = Math.min(phases.observedFrom ?? healing, healing)
  const names = ['gate', 'inject', 'observe', 'heal', 'verify'] as const
  const moment = steps([began, injected, observed, healing, phases.healed, phases.settled].map(at))
  return names.flatMap((name, index) => {
    const [from, to] = [moment[index], moment[index + 1]]
    return from === undefined || to === undefined
      ? []
      : [{ group: 'phases', row: 'drill', name, startedAt: rfc3339(from), durationMs: to - from }]
  })
}

/** None before the one before it. */
const steps = (times: readonly number[]): number[] => times.map((_, index) => Math.max(...times.slice(0, index + 1)))

function faultSpans(facts: DrillFacts, at: At): Span[] {
  return facts.moments.faults.flatMap(({ host, step, injectedMs, healedMs }) => {
    if (injectedMs === undefined) return []
    const to = healedMs ?? facts.phases.healed
    return [spanOf(at, { group: 'faults', row: host, name: step, outcome: 'changed' }, { from: injectedMs, to })]
  })
}

const verdictOf = { ok: 'pass', failed: 'fail', lost: 'unknown' } as const
const words = { ok: 'succeeds', failed: 'fails', lost: 'is not known' } as const

/** Answers that are alike, one after the other, are one bar. */
function probeSpans(series: Series, at: At): Span[] {
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
    return [spanOf(at, part, { from: first.startMs, to: stretches[index + 1]?.[0]?.startMs ?? last.endMs })]
  })
}
