import { exitCodeOf } from '../core/exit.ts'
import { type Item, outcomes, reasons, verdicts } from '../core/item.ts'
import type { Report } from '../core/report.ts'
import { exitStatusOf, standingOf } from './standing.ts'
import { visible } from './visible-text.ts'

type Labels = Readonly<Record<string, string>>
type Sample = readonly [labels: Labels, value: number]
export interface Family {
  readonly name: string
  readonly help: string
  readonly samples: readonly Sample[]
}

/** What a report has to tell in numbers. */
export function metricFamilies(report: Report): Family[] {
  const { counts, items } = report
  const one = (value: number): Sample[] => [[{}, value]]
  const each = <Key extends string>(label: string, keys: readonly Key[], values: Partial<Record<Key, number>>): Sample[] =>
    keys.map(key => [{ [label]: key }, values[key] ?? 0])
  const reasonNames = Object.keys(reasons).filter((word): word is keyof typeof reasons => word in reasons)
  const families: Family[] = [
    {
      name: 'opsctl_run_start_timestamp_seconds',
      help: 'When the run started.',
      samples: one(Date.parse(report.startedAt) / 1000),
    },
    { name: 'opsctl_run_duration_seconds', help: 'How long the run took.', samples: one(report.durationMs / 1000) },
    { name: 'opsctl_run_exit_code', help: 'Exit code of the run.', samples: one(exitCodeOf(report)) },
    { name: 'opsctl_run_changed', help: 'Whether the run changed anything.', samples: one(report.changed ? 1 : 0) },
    { name: 'opsctl_run_stopped', help: 'Whether the run was cut short.', samples: one(report.stopped ? 1 : 0) },
    { name: 'opsctl_run_items', help: 'Items of the run.', samples: one(counts.total) },
    { name: 'opsctl_run_outcome_items', help: 'Items by outcome.', samples: each('outcome', outcomes, counts.byOutcome) },
    { name: 'opsctl_run_verdict_items', help: 'Items by verdict.', samples: each('verdict', verdicts, counts.byVerdict) },
    { name: 'opsctl_run_reason_items', help: 'Items by reason.', samples: each('reason', reasonNames, counts.byReason) },
    { name: 'opsctl_item_ok', help: 'Whether the item is good (1), or bad or unknown (0).', samples: items.flatMap(okSample) },
    {
      name: 'opsctl_item_duration_seconds',
      help: 'How long the item took.',
      samples: items.map(item => [labelsOf(item), item.durationMs / 1000]),
    },
    { name: 'opsctl_item_exit_code', help: 'Exit status of the command, where it is known.', samples: items.flatMap(exitSample) },
    {
      name: 'opsctl_item_metric',
      help: 'What the item measured, by the name of the metric.',
      samples: items.flatMap(metricSamples),
    },
    {
      name: 'opsctl_item_reason',
      help: 'Why the item is not good, as a label; 1 where there is one.',
      samples: items.flatMap(item =>
        item.reason === undefined ? [] : [[{ ...labelsOf(item), reason: item.reason }, 1] as const],
      ),
    },
  ]
  return families.map(family => ({
    ...family,
    samples: family.samples.map(([labels, value]) => [{ kind: report.kind, ...labels }, value]),
  }))
}

/** The lines of a family; none where it has no sample. No series stands in it twice. */
export function* familyLines({ name, help, samples }: Family): Iterable<string> {
  if (samples.length === 0) return
  const seen = new Set<string>()
  yield `# HELP ${name} ${help}\n# TYPE ${name} gauge\n`
  for (const [labels, value] of samples) {
    const series = name + labelText(labels)
    if (!seen.has(series)) yield `${series} ${numberText(value)}\n`
    seen.add(series)
  }
}

/** Those of the item go first, so that none of ours can be overwritten; names as both formats allow them. */
function labelsOf({ path, host, name, labels }: Item): Labels {
  const own = Object.entries(labels ?? {}).map(([key, value]) => [
    key.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d|__)/, 'label_'),
    value,
  ])
  return { ...Object.fromEntries(own.filter(([key]) => !ourLabels.includes(key ?? ''))), host: host ?? '', name, path }
}

const ourLabels = ['kind', 'host', 'name', 'path', 'metric', 'reason', 'outcome', 'verdict']

function okSample(item: Item): Sample[] {
  const standing = standingOf(item)
  return standing === 'skipped' ? [] : [[labelsOf(item), standing === 'good' || standing === 'warn' ? 1 : 0]]
}

function exitSample(item: Item): Sample[] {
  const { code } = exitStatusOf(item)
  return code === undefined ? [] : [[labelsOf(item), code]]
}

const metricSamples = (item: Item): Sample[] =>
  Object.entries(item.metrics ?? {}).map(([metric, value]) => [{ ...labelsOf(item), metric }, value])

function labelText(labels: Labels): string {
  const escaped = (text: string): string => visible(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')}}`
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}
