import { defineRenderer } from '../core/component.ts'
import type { Report } from '../core/report.ts'
import { familyLines, metricFamilies } from './metric-families.ts'
import { noConfig } from './no-config.ts'

export default defineRenderer({
  type: 'prometheus',
  version: '1',
  summary: 'metrics in the Prometheus text format, for the textfile collector or a push gateway',
  stability: 'stable',
  schema: noConfig,
  example: {},
  build: () => ({ mime: 'text/plain; version=0.0.4', machine: true, render }),
})

/**
 * Text exposition format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). All gauges: they speak of one run. Every
 * outcome, verdict and reason has a sample, zeros too, so that rules need no absent(); run id and messages are in no label, so that
 * the series stay the same from run to run.
 */
async function* render(report: Report): AsyncIterable<string> {
  for (const family of metricFamilies(report)) yield* familyLines(family)
}
