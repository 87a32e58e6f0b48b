import type { Distribution, Family, Sample } from './family.ts'

/** The two forms that Prometheus reads. */
export const expositionTypes = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const
export type ExpositionForm = keyof typeof expositionTypes

/** Families as text. In OpenMetrics a counter is declared without its `_total`, and the end is marked. */
export function expositionText(families: readonly Family[], form: ExpositionForm): string {
  const lines: string[] = []
  for (const { name, help, type, samples, written = [] } of families) {
    if (samples.length === 0 && written.length === 0) continue
    const sampled = type === 'counter' ? `${name}_total` : name
    const declared = form === 'openmetrics' ? name : sampled
    lines.push(
      `# HELP ${declared} ${help.replace(/[\\\n]/g, found => (found === '\n' ? '\\n' : '\\\\'))}`,
      `# TYPE ${declared} ${type}`,
    )
    for (const sample of samples) addSample(lines, sampled, sample)
    for (const line of written) lines.push(line)
  }
  if (form === 'openmetrics') lines.push('# EOF')
  return `${lines.join('\n')}\n`
}

function addSample(lines: string[], name: string, { labels, value }: Sample): void {
  if (typeof value === 'object') addDistribution(lines, name, { labels, value })
  else lines.push(labels === '' ? `${name} ${numberText(value)}` : `${name}{${labels}} ${numberText(value)}`)
}

function addDistribution(
  lines: string[],
  name: string,
  { labels, value: { bounds, counts, sum } }: { readonly labels: string; readonly value: Distribution },
): void {
  const before = labels === '' ? '' : `${labels},`
  let count = 0
  for (const [index, each] of counts.entries()) {
    count += each
    lines.push(`${name}_bucket{${before}le="${bounds[index] ?? '+Inf'}"} ${count}`)
  }
  const braces = labels === '' ? '' : `{${labels}}`
  lines.push(`${name}_sum${braces} ${numberText(sum)}`, `${name}_count${braces} ${count}`)
}

/** As Prometheus reads it. */
export function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}
