import type { Distribution, Family, Sample } from './family.ts'
import { numberText } from './number-text.ts'

/** The two forms that Prometheus reads. */
export const expositionTypes = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const
export type ExpositionForm = keyof typeof expositionTypes

/** Families as text, whole. */
export function expositionText(families: readonly Family[], form: ExpositionForm): string {
  const pieces: Uint8Array[] = []
  for (const piece of expositionPieces(families, form)) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces).toString()
}

/**
 * Families as text in UTF-8, made as it is asked for; a piece may be written over after the next. In OpenMetrics a counter is declared
 * without its `_total`, and the end is marked.
 */
export function* expositionPieces(families: readonly Family[], form: ExpositionForm): Generator<Uint8Array> {
  for (const { name, help, type, samples, written } of families) {
    const pieces = written?.[Symbol.iterator]()
    const first = pieces?.next()
    if (samples.length === 0 && first?.done !== false) continue
    const sampled = type === 'counter' ? `${name}_total` : name
    const declared = form === 'openmetrics' ? name : sampled
    const lines = [
      `# HELP ${declared} ${help.replace(/[\\\n]/g, found => (found === '\n' ? '\\n' : '\\\\'))}`,
      `# TYPE ${declared} ${type}`,
    ]
    for (const sample of samples) addSample(lines, sampled, sample)
    yield Buffer.from(`${lines.join('\n')}\n`)
    for (let piece = first; pieces && piece?.done === false; piece = pieces.next()) yield piece.value
  }
  if (form === 'openmetrics') yield Buffer.from('# EOF\n')
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
