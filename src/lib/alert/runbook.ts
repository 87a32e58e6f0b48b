import type { Alert } from '../core/alert.ts'
import { type Match, matches } from './match.ts'
import type { Template } from './template.ts'

/** Where it is written what to do, for alerts that do not say it themselves. */
export interface Runbook {
  readonly match: Match
  readonly url: Template
}

/** The alert with the runbook of the first that matches, where it brings none. */
export function withRunbook(alert: Alert, runbooks: readonly Runbook[]): Alert {
  if (alert.runbook !== undefined) return alert
  const found = runbooks.find(({ match }) => matches(match, alert))
  return found ? { ...alert, runbook: found.url(alert, encodeURIComponent) } : alert
}
