import { nearest } from '../../core/nearest.ts'
import { RuleFault } from './rule-fault.ts'

/** What a summary of a rule's own may name. */
export const summaryFields = ['rule', 'text', 'group', 'value', 'hits', 'base', 'over', 'bound', 'severity'] as const
export type SummaryFields = Readonly<Record<(typeof summaryFields)[number], string>>

const placeholder = /\$\{([^}]*)\}/g
const maxSummary = 300

/** @throws RuleFault for a `${NAME}` that is not known */
export function demandSummary(text: string): void {
  for (const [, name = ''] of text.matchAll(placeholder)) {
    if (isField(name) || name.startsWith('labels.')) continue
    const close = nearest(name, summaryFields)
    throw new RuleFault(
      `there is no \${${name}}`,
      close ? `did you mean \${${close}}?` : `there are ${summaryFields.join(', ')} and labels.NAME`,
    )
  }
}

export function summaryOf(text: string, fields: SummaryFields, labels: Readonly<Record<string, string>>): string {
  const told = text.replaceAll(placeholder, (_, name: string) =>
    isField(name) ? fields[name] : (labels[name.slice('labels.'.length)] ?? ''),
  )
  return oneLine(told, maxSummary)
}

const isField = (name: string): name is keyof SummaryFields => summaryFields.some(known => known === name)

/** Without line ends and other signs that a terminal obeys, and of at most so many characters. */
export function oneLine(text: string, most: number): string {
  const plain = text.replaceAll(/\p{Cc}+/gu, ' ')
  return plain.length <= most
    ? plain
    : `${plain
        .slice(0, most - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, '')}…`
}
