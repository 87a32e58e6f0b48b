import { defineRenderer } from '../core/component.ts'
import { exitCodeOf } from '../core/exit.ts'
import { type Item, outcomes, reasons, verdicts } from '../core/item.ts'
import type { Report } from '../core/report.ts'
import { noConfig } from './no-config.ts'
import { exitStatusOf, standingOf } from './standing.ts'
import { visible } from './visible-text.ts'

export default defineRenderer({
  type: 'prometheus',
  version: '1',
  summary: 'metrics in the Prometheus text format, for the textfile collector or a push gateway',
  stability: 'stable',
  schema: noConfig,
  example: {},
  build: () => ({ mime: 'text/plain; version=0.0.4', machine: true, render }),
})

type Labels = Readonly<Record<string, string>>
type Sample = readonly [labels: Labels, value: number]
interface Family {
  readonly name: string
  readonly help: string
  readonly samples: readonly Sample[]
}

/**
 * Text exposition format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). All gauges: they speak of one run. Every
 * outcome, verdict and reason has a sample, zeros too, so that rules need no absent(); run id and messages are in no label, so that
 * the series stay the same from run to run.
 */
async function* render(report: Report): AsyncIterable<string> {
  for (const { name, help, samples } of families(report)) {
    if (samples.length === 0) continue
    const seen = new Set<string>()
    yield `# HELP ${name} ${help}\n# TYPE ${name} gauge\n`
    for (const [labels, value] of samples) {
      const series = name + labelText({ kind: report.kind, ...labels })
      if (!seen.has(series)) yield `${series} ${numberText(value)}\n`
      seen.add(series)
    }
  }
}

function families(report: Report): Family[] {
  const { counts, items } = report
  const one = (value: number): Sample[] => [[{}, value]]
  const each = <Key extends string>(label: string, keys: readonly Key[], values: Partial<Record<Key, number>>): Sample[] =>
    keys.map(key => [{ [label]: key }, values[key] ?? 0])
  const reasonNames = Object.keys(reasons).filter((word): word is keyof typeof reasons => word in reasons)
  return [
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
  ]
}

const labelsOf = ({ path, host, name }: Item): Labels => ({ host: host ?? '', name, path })

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
