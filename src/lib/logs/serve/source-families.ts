import { counter, type Family, gauge, labelText, type Sample } from '../../net/exposition/family.ts'
import type { SourceTrouble } from '../source-runs.ts'
import type { SourceLag } from './source-lags.ts'

interface SourceFigures {
  readonly sources: readonly string[]
  readonly gaps: (source: string) => { readonly count: number; readonly bytes: number; readonly unknown: number }
  readonly troubles: readonly SourceTrouble[]
  readonly lags: readonly SourceLag[]
}

export function sourceFamilies({ sources, gaps, troubles, lags }: SourceFigures): Family[] {
  const found = sources.map(source => ({
    labels: labelText({ source }),
    gaps: gaps(source),
    failingMs: troubles.find(trouble => trouble.source === source && trouble.part === undefined)?.forMs,
    failingParts: troubles.filter(trouble => trouble.source === source && trouble.part !== undefined).length,
    streams: lags.find(lag => lag.source === source)?.streams ?? 0,
  }))
  const each = (value: (source: (typeof found)[number]) => number): Sample[] =>
    found.map(source => ({ labels: source.labels, value: value(source) }))
  return [
    gauge(
      'opsctl_logs_source_up',
      'Whether the source can be read.',
      each(({ failingMs }) => (failingMs === undefined ? 1 : 0)),
    ),
    gauge(
      'opsctl_logs_source_failing_seconds',
      'For how long the source can not be read; 0 while it can.',
      each(({ failingMs = 0 }) => failingMs / 1000),
    ),
    gauge(
      'opsctl_logs_source_failing_parts',
      'Hosts or files of the source that can not be read.',
      each(({ failingParts }) => failingParts),
    ),
    gauge(
      'opsctl_logs_source_streams',
      'Streams that are known: files, journals, connections.',
      each(({ streams }) => streams),
    ),
    counter(
      'opsctl_logs_gaps',
      'Times that lines were gone before they could be read.',
      each(source => source.gaps.count),
    ),
    counter(
      'opsctl_logs_gap_bytes',
      'What was gone before it could be read, where that is known.',
      each(source => source.gaps.bytes),
    ),
    counter(
      'opsctl_logs_unknown_gaps',
      'Gaps of which nobody knows how much they are.',
      each(source => source.gaps.unknown),
    ),
  ]
}
