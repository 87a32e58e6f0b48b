import type { Log } from '../../../core/io.ts'
import type { FieldNames } from '../line/record-line.ts'
import type { Rule } from '../rule.ts'
import type { IncidentBook } from './incident-book.ts'
import type { KeptWindows } from './kept-windows.ts'
import type { SourceClocks } from './source-clocks.ts'

/** What all rules share. */
export interface RuleTools {
  readonly fields: FieldNames
  readonly book: IncidentBook
  readonly clocks: SourceClocks
  readonly log: Log
  /** When rules began, of the clock. */
  readonly startedAt: number
  /** What the run before left. */
  readonly windows: KeptWindows
}

export const warnOfGroups = ({ name, maxGroups }: Rule, { log }: RuleTools): void =>
  log('warn', 'there are more groups than a rule may have: the others are not watched', { rule: name, max_groups: maxGroups })
