import type { Program } from '../../core/command.ts'
import type { Kind } from '../../core/component.ts'
import { errorCodes } from '../../core/errors.ts'
import { reasons } from '../../core/item.ts'

/** Topics of `opsctl explain` besides codes, reasons and kinds, with what each tells. */
export const generalTopics = {
  'exit-codes': 'what each exit code means, and which wins',
  errors: 'all error codes',
  reasons: 'why an item of a report is not ok',
  formats: 'what -o takes',
  environment: 'the variables that opsctl reads',
  files: 'where configuration and state are',
} as const
export type GeneralTopic = keyof typeof generalTopics

/** What members of each kind are for. */
export const kindTopics: Readonly<Record<Kind, string>> = {
  renderer: 'formats in which a result is shown',
  inventory: 'places that hosts are read from',
  check: 'what can be looked at and judged, as verify, gate or precheck',
  step: 'what a change can do to a host, and take back',
  backend: 'where the configuration that sync-config brings to hosts is kept',
  rule: 'what `opsctl harden` asks of a host',
  channel: 'where alerts are sent',
  source: 'where `opsctl ship-logs` reads lines',
  sink: 'where `opsctl ship-logs` delivers records',
}

interface TopicWord {
  readonly word: string
  readonly does: string
}

/** The words that may follow these behind `opsctl explain`: topics, and the types of a kind. */
export function topicWords({ components }: Pick<Program, 'components'>, before: readonly string[]): TopicWord[] {
  const [kind] = before
  if (kind !== undefined) {
    const members = before.length === 1 ? components.filter(entry => entry.kind === kind) : []
    return members.map(({ type, summary }) => ({ word: type, does: summary }))
  }
  return [
    ...pairs({ ...generalTopics, ...kindTopics }),
    ...Object.entries(errorCodes).map(([word, { meaning }]) => ({ word, does: meaning })),
    ...pairs(reasons),
  ]
}

const pairs = (table: Readonly<Record<string, string>>): TopicWord[] =>
  Object.entries(table).map(([word, does]) => ({ word, does }))
