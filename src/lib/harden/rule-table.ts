import type { Document } from '../core/report.ts'
import { type ChosenRules, chosenRules } from './chosen-rules.ts'
import type { ScanOptions } from './options.ts'

/** The rules with what they ask for, for people and as data. */
export function ruleTable(options: Pick<ScanOptions, 'rule' | 'level'>): Document {
  const { rules }: ChosenRules = chosenRules({ ...options, skip: [] })
  const width = Math.max(...rules.map(({ id }) => id.length))
  const lines = rules.map(({ id, level, severity, title }) => `${id.padEnd(width)}  ${level}  ${severity.padEnd(6)}  ${title}\n`)
  const data = rules.map(({ id, title, severity, level, area, why, references, fix }) => ({
    ...{ id, title, severity, level, area, why, references: [...references] },
    fix: fix !== undefined,
  }))
  return { mime: 'text/plain', text: lines.join(''), data: { rules: data } }
}
