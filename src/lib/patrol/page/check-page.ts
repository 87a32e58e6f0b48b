import { formatDuration } from '../../core/duration.ts'
import { reasons } from '../../core/item.ts'
import { html, type Markup } from '../../render/page/markup.ts'
import type { LookRow } from '../history/history.ts'
import type { IncidentRow } from '../history/read-history.ts'
import type { CheckView, DimensionView } from '../view.ts'
import type { Watch } from '../watch.ts'
import { certificateText, looksText } from './check-row.ts'
import { configuration } from './configuration.ts'
import { incidentList } from './incidents-page.ts'
import { checkPath, runbookLink } from './link.ts'
import { growing, moment } from './moment.ts'
import { latencyText, lineOf } from './sparkline.ts'
import { statusLooks, statusMark } from './status-look.ts'
import { type Bars, spans, uptimeText } from './uptime.ts'
import { barsText, slotText, uptimeBars } from './uptime-bars.ts'

export interface CheckFacts {
  readonly watch: Watch
  readonly view: CheckView
  /** Newest first. */
  readonly looks: readonly LookRow[]
  readonly failures: readonly LookRow[]
  readonly incidents: readonly IncidentRow[]
  readonly bars: readonly Bars[]
  readonly now: number
}

/** Everything that is known of one check. */
export function checkPage(facts: CheckFacts): Markup[] {
  const { watch, view, looks, failures, incidents, bars, now } = facts
  return [
    head(view, now),
    html`<main id="main">
${dimensions(view.dimensions)}${uptime(bars)}${latency(looks)}${failureList(failures, now)}${lookList(looks, now)}${past(incidents, now)}${configuration(watch)}<p class="note"><a href="/api/v1${checkPath(view.id).replace('?id=', '/')}">All of this as JSON</a></p>
</main>
`,
  ]
}

function head(view: CheckView, now: number): Markup {
  const { name, host, type, sla, group, status, message, reason, since, flapping, runbook, suppressedBy } = view
  const isKnown = status !== 'pending' && status !== 'off'
  return html`<header id="head" class="${statusLooks[status].tone}">
<p class="kind">${sla} ${type}${group === undefined ? '' : html`, <a href="/?group=${encodeURIComponent(group.toWellFormed())}">${group}</a>`}</p>
<h1>${name}${host === undefined ? '' : html` <span class="host">on ${host}</span>`}</h1>
<p class="verdict">${statusMark(status)}${flapping ? html` <span class="tag">⇅ flapping</span>` : ''}</p>
<p class="message">${message}</p>
${reason && suppressedBy === undefined ? html`<p class="why">${reasons[reason]} <small>(${reason})</small></p>` : ''}${suppressedBy === undefined ? '' : html`<p class="why">It is not judged while <a href="${checkPath(suppressedBy)}">${suppressedBy}</a> is not well.</p>`}
<p class="facts">${isKnown ? html`<span>since ${moment(since, now)} (${growing(since, formatDuration(Math.max(0, now - since)))})</span> ` : ''}<span>${looksText(view, now)}</span>${view.certificateDays === undefined ? '' : html` <span>${certificateText(view.certificateDays)}</span>`}${runbook === undefined ? '' : html` ${runbookLink(runbook)}`}</p>
</header>
`
}

function dimensions(all: readonly DimensionView[]): Markup {
  if (all.length === 0) return html``
  return html`<section aria-labelledby="dimensions">
<h2 id="dimensions" tabindex="-1">How it is judged</h2>
<ul class="dimensions">
${all.map(
  ({ name, level, message, reason, metrics, isUnconfirmed }) => html`<li class="${statusLooks[level].tone}">
${statusMark(level)}
<span class="what"><code>${name}</code> <span class="msg">${message}</span>${isUnconfirmed ? html` <span class="tag">bad look, being confirmed</span>` : ''}${reason && level !== 'pass' ? html`<span class="why">${reasons[reason]}</span>` : ''}</span>
<span class="metrics">${metricsText(metrics ?? {})}</span>
</li>
`,
)}</ul>
</section>
`
}

const metricsText = (metrics: Readonly<Record<string, number>>): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(5))}`)
    .join(', ')

function uptime(all: readonly Bars[]): Markup {
  return html`<section aria-labelledby="uptime">
<h2 id="uptime">Uptime</h2>
<div class="wide">
${all.map(
  bars => html`<figure>
<figcaption>Last ${spans[bars.span].words}, by ${spans[bars.span].slot}: <strong>${uptimeText(bars.slots)}</strong></figcaption>
${uptimeBars(bars)}
<details id="table-${bars.span}"><summary>As a table</summary>${uptimeTable(bars)}</details>
</figure>
`,
)}</div>
</section>
`
}

function uptimeTable(bars: Bars): Markup {
  const { from, span, slots } = bars
  const { hours, slot: word } = spans[span]
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${barsText(bars)}"><table><thead><tr><th scope="col">${word}</th><th scope="col">looks</th><th scope="col">warned</th><th scope="col">bad</th><th scope="col">well</th></tr></thead><tbody>
${slots
  .map((slot, at) => ({ slot, at }))
  .filter(({ slot }) => slot.looks > 0)
  .reverse()
  .map(
    ({ slot, at }) =>
      html`<tr><th scope="row">${slotText(from + at * hours * 3_600_000, hours)}</th><td>${slot.looks}</td><td>${slot.warned}</td><td>${slot.bad}</td><td>${uptimeText([slot])}</td></tr>
`,
  )}</tbody></table></div>`
}

const chart = { width: 600, height: 120, points: 120 }

function latency(looks: readonly LookRow[]): Markup {
  const values = looks.map(({ ms }) => ms).reverse()
  if (values.length < 2) return html``
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): string => latencyText(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  const words = `median ${at(0.5)}, 95th percentile ${at(0.95)}, longest ${at(1)}`
  const line = lineOf(values, chart)
  return html`<section aria-labelledby="latency">
<h2 id="latency">Time of the last ${values.length} looks</h2>
<figure>
<figcaption>${words}</figcaption>
<svg class="chart" viewBox="0 0 ${chart.width} ${chart.height}" preserveAspectRatio="none" role="img" aria-label="${words}"><path class="under" d="${line}L${chart.width} ${chart.height}L0 ${chart.height}Z"/><path d="${line}"/></svg>
<p class="axis" aria-hidden="true"><span>0 to ${at(1)}</span></p>
</figure>
</section>
`
}

/** Of bad looks so many are shown at once. */
const shownFailures = 8

function failureList(failures: readonly LookRow[], now: number): Markup {
  if (failures.length === 0) return html``
  const rest = failures.slice(shownFailures)
  return html`<section aria-labelledby="failures">
<h2 id="failures">Last looks that were not well <small>${failures.length}</small></h2>
<ul class="failures">
${failures.slice(0, shownFailures).map(failure => failureItem(failure, now))}</ul>
${
  rest.length === 0
    ? ''
    : html`<details id="more-failures"><summary>${rest.length} more</summary>
<ul class="failures">
${rest.map(failure => failureItem(failure, now))}</ul>
</details>
`
}</section>
`
}

function failureItem({ at, level, message, reason, ms, evidence }: LookRow, now: number): Markup {
  const seen =
    evidence === undefined
      ? ''
      : html`<details id="seen-${at}"><summary>What was seen</summary><pre tabindex="0" aria-label="what was seen">
${evidence}</pre></details>`
  return html`<li class="${statusLooks[level].tone}">
${statusMark(level)}
<span class="what"><span class="msg">${message}</span>${reason ? html`<span class="why">${reasons[reason]}</span>` : ''}${seen}</span>
<span class="when">${moment(at, now)}, ${latencyText(ms)}</span>
</li>
`
}

function lookList(looks: readonly LookRow[], now: number): Markup {
  if (looks.length === 0) return html``
  return html`<section aria-labelledby="looks">
<h2 id="looks">Last looks <small>${looks.length}</small></h2>
<details id="all-looks"><summary>As a table</summary><div class="scroll" tabindex="0" role="region" aria-label="The last looks as a table"><table><thead><tr><th scope="col">when</th><th scope="col">result</th><th scope="col">took</th><th scope="col">message</th></tr></thead><tbody>
${looks.map(
  ({ at, level, message, ms }) =>
    html`<tr><th scope="row">${moment(at, now)}</th><td>${statusMark(level)}</td><td>${latencyText(ms)}</td><td>${message}</td></tr>
`,
)}</tbody></table></div></details>
</section>
`
}

function past(incidents: readonly IncidentRow[], now: number): Markup {
  if (incidents.length === 0) return html``
  return html`<section aria-labelledby="incidents">
<h2 id="incidents">Incidents <small>${incidents.length}</small></h2>
${incidentList(incidents, now, false)}</section>
`
}
