import { defineRenderer } from '../core/component.ts'
import type { Report } from '../core/report.ts'
import { familyLines, metricFamilies } from './metric-families.ts'
import { noConfig } from './no-config.ts'

export default defineRenderer({
  type: 'openmetrics',
  version: '1',
  summary: 'the same metrics in the OpenMetrics text format',
  stability: 'beta',
  schema: noConfig,
  example: {},
  build: () => ({ mime: 'application/openmetrics-text; version=1.0.0; charset=utf-8', machine: true, render }),
})

/** OpenMetrics 1.0 (prometheus.io/docs/specs/om/open_metrics_spec): what are gauges differs from the older format by its end alone. */
async function* render(report: Report): AsyncIterable<string> {
  for (const family of metricFamilies(report)) yield* familyLines(family)
  yield '# EOF\n'
}
