import { type Alert, type AlertSeverity, alertSeverities } from '../../core/alert.ts'
import { rfc3339 } from '../../core/clock.ts'
import { formatDuration } from '../../core/duration.ts'
import type { SlaClass } from '../../probe/index.ts'
import { severityOf } from './level.ts'
import { type Incident, type Standing, worstTold } from './standing.ts'

/** What alerts of a check say of it, whatever it found. */
export interface AlertSubject {
  /** `shop`, `disk / on web1`. */
  readonly title: string
  readonly sla: SlaClass
  readonly labels: Readonly<Record<string, string>>
  readonly runbook?: string
  readonly link?: string
  /** So many good looks in a row end an incident. */
  readonly recoveries: number
}

export interface IncidentChange {
  readonly standing: Standing
  /** Something that channels are to be told. */
  readonly alert?: Alert
}

interface Now {
  readonly at: number
  readonly newId: () => string
  /** More lines for people. */
  readonly detail?: string
}

/**
 * Opens an incident when a check does not stand well, raises it when it grows more severe, and closes it after enough good looks in a row,
 * not while it flaps. Each gives one alert. Pure but for the id.
 */
export function incidentAfter(standing: Standing, subject: AlertSubject, now: Now): IncidentChange {
  const severity = severityOf(standing.level, subject.sla)
  const { incident } = standing
  if (!incident) return severity === undefined ? { standing } : opened(standing, { subject, severity, now })
  if (severity !== undefined)
    return isAbove(severity, incident.severity) ? raised(standing, { subject, severity, now, incident }) : { standing }
  const isOver = standing.wellLooks >= subject.recoveries && !standing.flapping.isFlapping
  return isOver ? closed(standing, { subject, incident, now }) : { standing }
}

const isAbove = (severity: AlertSeverity, other: AlertSeverity): boolean =>
  alertSeverities.indexOf(severity) > alertSeverities.indexOf(other)

interface Change {
  readonly subject: AlertSubject
  readonly now: Now
}

function opened(standing: Standing, { subject, severity, now }: Change & { readonly severity: AlertSeverity }): IncidentChange {
  const incident: Incident = { id: now.newId(), startedAt: now.at, severity, ...toldOf(standing, subject) }
  return { standing: { ...standing, incident, wellLooks: 0 }, alert: alertOf(incident, { subject, now }) }
}

function raised(
  standing: Standing,
  {
    subject,
    severity,
    now,
    incident: { id, startedAt, labels = subject.labels },
  }: Change & { readonly severity: AlertSeverity; readonly incident: Incident },
): IncidentChange {
  const incident: Incident = { id, startedAt, severity, ...toldOf(standing, subject), labels }
  return { standing: { ...standing, incident }, alert: alertOf(incident, { subject, now }) }
}

/** Ends an open incident: the check is well again, or is no longer made. */
export function closed(
  { incident: _, ...standing }: Standing,
  { subject, incident, now, why }: Change & { readonly incident: Incident; readonly why?: string },
): IncidentChange {
  // A clock that was set back must not give an end before the beginning.
  const endedAt = Math.max(now.at, incident.startedAt)
  const summary = `${subject.title}: ${why ?? 'well again'} after ${formatDuration(Math.round((endedAt - incident.startedAt) / 1000) * 1000)}`
  const alert: Alert = { ...alertOf({ ...incident, summary }, { subject, now }), status: 'resolved', endedAt: rfc3339(endedAt) }
  return { standing: { ...standing, wellLooks: 0 }, alert }
}

function toldOf(standing: Standing, { title, labels }: AlertSubject): Pick<Incident, 'summary' | 'reason' | 'labels'> {
  const told = worstTold(standing)
  return { summary: `${title}: ${told?.message ?? standing.level}`, ...(told?.reason && { reason: told.reason }), labels }
}

function alertOf({ id, severity, summary, reason, startedAt, ...told }: Incident, { subject, now }: Change): Alert {
  const { runbook, link } = subject
  const { labels = subject.labels } = told
  return {
    incident: id,
    status: 'firing',
    severity,
    summary,
    ...(now.detail !== undefined && { detail: now.detail }),
    ...(reason && { reason }),
    labels,
    ...(runbook !== undefined && { runbook }),
    ...(link !== undefined && { link }),
    startedAt: rfc3339(startedAt),
  }
}
