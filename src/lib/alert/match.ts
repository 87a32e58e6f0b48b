import type { Alert, AlertSeverity } from '../core/alert.ts'
import type { Pattern } from '../core/pattern.ts'

/** What matching looks at. */
export type Matchable = Pick<Alert, 'severity' | 'labels' | 'reason'>

/** What a label must be, or must not be. A label that an alert does not have is empty. */
export interface LabelMatcher {
  readonly label: string
  /** As it stands in the file: `shop`, `=~shop-.*`, `!=staging`. */
  readonly text: string
  readonly negated: boolean
  /** One of these texts; with a pattern none stands here. */
  readonly values: readonly string[]
  /** Fits the whole of it. */
  readonly pattern?: Pattern
}

/** All of it must hold; what is absent holds for every alert. */
export interface Match {
  readonly severities?: readonly AlertSeverity[]
  readonly reasons?: readonly string[]
  readonly labels: readonly LabelMatcher[]
}

export const matches = (match: Match, alert: Matchable): boolean => whyNot(match, alert) === undefined

/** Why an alert does not match, for people; undefined when it does. */
export function whyNot({ severities, reasons, labels }: Match, alert: Matchable): string | undefined {
  if (severities && !severities.includes(alert.severity)) {
    return `severity is ${alert.severity}, not ${severities.join(' or ')}`
  }
  if (reasons && !reasons.includes(alert.reason ?? '')) {
    return `reason is ${alert.reason ?? 'not given'}, not ${reasons.join(' or ')}`
  }
  const wrong = labels.find(matcher => !labelMatches(matcher, alert.labels[matcher.label] ?? ''))
  return wrong && `label ${wrong.label} is ${shownLabel(alert.labels[wrong.label])}, wanted is ${wrong.text}`
}

export function labelMatches({ values, pattern, negated }: LabelMatcher, value: string): boolean {
  const fits = pattern ? pattern.find(value) !== undefined : values.includes(value)
  return fits !== negated
}

const shownLabel = (value: string | undefined): string => (value === undefined || value === '' ? 'not given' : value)
