import type { Distribution, Family, Sample } from './family.ts'

/** The two forms that Prometheus reads. */
export const expositionTypes = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const
export type ExpositionForm = keyof typeof expositionTypes

/** Families as text: of few samples. */
export const expositionText = (families: readonly Family[], form: ExpositionForm): string =>
  expositionBytes(families, form).toString()

/** Families as text in UTF-8, which is a copy of what they hold. In OpenMetrics a counter is declared without its `_total`, and the end is marked. */
export function expositionBytes(families: readonly Family[], form: ExpositionForm): Buffer {
  const pieces: Uint8Array[] = []
  for (const { name, help, type, samples, written = noBytes } of families) {
    if (samples.length === 0 && written.length === 0) continue
    const sampled = type === 'counter' ? `${name}_total` : name
    const declared = form === 'openmetrics' ? name : sampled
    const lines = [
      `# HELP ${declared} ${help.replace(/[\\\n]/g, found => (found === '\n' ? '\\n' : '\\\\'))}`,
      `# TYPE ${declared} ${type}`,
    ]
    for (const sample of samples) addSample(lines, sampled, sample)
    pieces.push(Buffer.from(`${lines.join('\n')}\n`), written)
  }
  if (form === 'openmetrics') pieces.push(Buffer.from('# EOF\n'))
  return Buffer.concat(pieces)
}

const noBytes = new Uint8Array(0)

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
