import { formatDuration } from '../../core/duration.ts'
import { reasons } from '../../core/item.ts'
import { html, type Markup } from '../../render/page/markup.ts'
import type { IncidentRow } from '../history/read-history.ts'
import { clipped } from './check-row.ts'
import { checkPath } from './link.ts'
import { growing, moment } from './moment.ts'
import { severityLooks, severityMark } from './open-incidents.ts'

/** The last incidents, open and ended. */
export function incidentsPage(
  rows: readonly IncidentRow[],
  { now, limit }: { readonly now: number; readonly limit: number },
): Markup[] {
  const open = rows.filter(({ endedAt }) => endedAt === undefined)
  const ended = rows.filter(({ endedAt }) => endedAt !== undefined)
  return [
    html`<header id="head"><h1>Incidents</h1></header>
<main id="main">
${part({ id: 'now', title: 'Open', empty: 'Nothing is wrong now.' }, open, now)}${part({ id: 'past', title: 'Ended', empty: 'No incident has ended yet.' }, ended, now)}${rows.length < limit ? '' : html`<p class="note">The last ${limit} are listed; <a href="/api/v1/incidents?limit=10000">the others as JSON</a>.</p>`}</main>
`,
  ]
}

interface Part {
  readonly id: string
  readonly title: string
  readonly empty: string
}

function part({ id, title, empty }: Part, rows: readonly IncidentRow[], now: number): Markup {
  return html`<section aria-labelledby="${id}">
<h2 id="${id}" tabindex="-1">${title} <small>${rows.length}</small></h2>
${rows.length === 0 ? html`<p class="note">${empty}</p>` : incidentList(rows, now)}</section>
`
}

/** Each with its check, unless the page is of that check. */
export function incidentList(rows: readonly IncidentRow[], now: number, isLinked = true): Markup {
  return html`<ul class="incidents">
${rows.map(({ watched, startedAt, endedAt, severity, reason, summary }) => {
  const ms = Math.max(0, (endedAt ?? now) - startedAt)
  const lasted =
    endedAt === undefined
      ? html`since ${moment(startedAt, now)}<span class="for">${growing(startedAt, formatDuration(ms))}</span>`
      : html`${moment(startedAt, now)} to ${moment(endedAt, now)}<span class="for">${formatDuration(ms)}</span>`
  return html`<li class="${endedAt === undefined ? severityLooks[severity].tone : 'skipped'}">
${severityMark(severity)}
<span class="what">${isLinked ? html`<a href="${checkPath(watched)}">${clipped(summary)}</a>` : clipped(summary)}${reason ? html`<span class="why">${reasons[reason]}</span>` : ''}</span>
<span class="when">${lasted}</span>
</li>
`
})}</ul>
`
}
