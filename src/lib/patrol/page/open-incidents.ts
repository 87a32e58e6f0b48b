import { type AlertSeverity, alertSeverities } from '../../core/alert.ts'
import { formatDuration } from '../../core/duration.ts'
import { reasons } from '../../core/item.ts'
import { html, type Markup } from '../../render/page/markup.ts'
import type { Standing as Tone } from '../../render/standing.ts'
import type { Watch } from '../watch.ts'
import { clipped } from './check-row.ts'
import { checkPath, runbookLink } from './link.ts'
import { growing, moment } from './moment.ts'

/** So many are shown at once, so many more in a fold; the page of incidents has the others. */
const shown = 8
const folded = 40

export const severityLooks: Readonly<Record<AlertSeverity, { readonly sign: string; readonly tone: Tone }>> = {
  critical: { sign: '✗', tone: 'bad' },
  warning: { sign: '!', tone: 'warn' },
  info: { sign: 'i', tone: 'skipped' },
}

export const severityMark = (severity: AlertSeverity): Markup =>
  html`<span class="st ${severityLooks[severity].tone}"><b aria-hidden="true">${severityLooks[severity].sign}</b> ${severity}</span>`

/** Checks with an open incident, the most severe first, of those the newest. */
export function withIncidents(watches: Iterable<Watch>): Watch[] {
  const open = [...watches].filter(({ standing }) => standing.incident !== undefined)
  const rank = ({ standing }: Watch): number => -alertSeverities.indexOf(standing.incident?.severity ?? 'info')
  const startedAt = ({ standing }: Watch): number => standing.incident?.startedAt ?? 0
  return open.sort((a, b) => rank(a) - rank(b) || startedAt(b) - startedAt(a))
}

/** What is wrong now. Nothing where nothing is. */
export function openIncidents(open: readonly Watch[], now: number): Markup {
  const rest = open.length - shown - folded
  const more = open.slice(shown, shown + folded)
  return html`<section id="open" aria-labelledby="open-h"${open.length === 0 ? html` hidden` : ''}>
<h2 id="open-h">Open incidents <small>${open.length}</small></h2>
<ul class="incidents">
${open.slice(0, shown).map(watch => card(watch, now))}</ul>
${
  more.length === 0
    ? ''
    : html`<details id="more-open"><summary>${more.length} more</summary>
<ul class="incidents">
${more.map(watch => card(watch, now))}</ul>
</details>
`
}${rest > 0 ? html`<p class="note">and ${rest} more: <a href="/incidents">all incidents</a></p>` : ''}</section>
`
}

function card({ id, check: { runbook }, standing }: Watch, now: number): Markup {
  const { incident, flapping } = standing
  if (!incident) return html``
  const { severity, summary, startedAt, reason } = incident
  return html`<li class="${severityLooks[severity].tone}">
${severityMark(severity)}
<span class="what"><a href="${checkPath(id)}">${clipped(summary)}</a>${flapping.isFlapping ? html` <span class="tag">⇅ flapping</span>` : ''}${runbook === undefined ? '' : html` ${runbookLink(runbook)}`}${reason ? html`<span class="why">${reasons[reason]}</span>` : ''}</span>
<span class="when">since ${moment(startedAt, now)}<span class="for">${growing(startedAt, formatDuration(Math.max(0, now - startedAt)))}</span></span>
</li>
`
}
