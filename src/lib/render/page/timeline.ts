import type { RenderEnv } from '../../core/component.ts'
import { formatDuration } from '../../core/duration.ts'
import type { Report, Span } from '../../core/report.ts'
import { hostsText } from '../hosts-text.ts'
import { signOf } from '../standing.ts'
import { html, type Markup } from './markup.ts'
import type { TimelineGroup, TimelineLayout, WordCount } from './timeline-layout.ts'
import { type Bar, type BarStanding, isTrouble, standingOfSpan, type TimelineRow, wordOfSpan } from './timeline-row.ts'

/**
 * What happened when: one axis of time, a part a group, a line a row. Every bar says in words what its colour and its sign say. The script
 * adds a way through the bars by keyboard and a filter; the table below the timeline has the same in words.
 */
export function* pageTimeline(report: Report, layout: TimelineLayout | undefined, env: RenderEnv): Iterable<Markup> {
  if (layout === undefined) return
  const { omittedSpans = 0 } = report
  yield html`<section class="timeline" aria-labelledby="timeline">
<h2 id="timeline">Timeline <small>from ${momentOf(layout.startMs)} UTC, ${formatDuration(layout.lengthMs)}</small></h2>
<div class="key"><ul aria-label="All bars">${layout.counts.map(keyEntry)}</ul>
${layout.troubled.size > 0 ? html`<button type="button" id="troubled" aria-pressed="false" hidden>Only rows with trouble <span class="count">${layout.troubled.size}</span></button>` : ''}</div>
<div class="chart">
<div class="row axis" aria-hidden="true"><div class="lane">${layout.ticks.map(tick)}</div></div>
`
  for (const group of layout.groups) yield* groupMarkup(group, layout, env)
  yield html`</div>
${omittedSpans > 0 ? html`<p class="note">${omittedSpans} more bars are not drawn: of what went well, the last.</p>` : ''}</section>
`
}

const keyEntry = ({ word, standing, count }: WordCount): Markup =>
  html`<li><i class="${classesOf(standing, word)}"></i>${signOfBar(standing, word)} ${count} ${word === '' ? 'without a result' : word}</li>`

const tick = ({ x, label }: { x: number; label: string }, at: number): Markup =>
  html`<i class="x${x}${x > 900 ? ' end' : ''}${at % 2 === 1 ? ' odd' : ''}">${label}</i>`

function* groupMarkup(group: TimelineGroup, layout: TimelineLayout, env: RenderEnv): Iterable<Markup> {
  const { name, startMs, endMs, counts, parts } = group
  yield html`<section class="group" data-at="${startMs}" data-ms="${endMs - startMs}">
<h3 class="row"><span class="who">${name}</span><span class="sum">${counts.map(countMarkup)}</span><span class="what">${endMs > startMs ? formatDuration(endMs - startMs) : ''}</span></h3>
`
  for (const part of parts)
    yield part.length === 1 ? html`${part.map(row => rowMarkup(row, layout))}` : foldMarkup(part, layout, env)
  yield html`</section>
`
}

const countMarkup = ({ word, standing, count }: WordCount): Markup =>
  html`<span class="${standing}">${signOfBar(standing, word)} ${count} ${word}</span> `

/** Letters that the column of names shows on a narrow page, too. */
const shortName = 16

function rowMarkup(row: TimelineRow, layout: TimelineLayout): Markup {
  const { name, worst, lanes } = row
  const list = (lane: readonly Bar[]): Markup => html`<ol class="lane" aria-label="${name}">
${lane.map(bar => barMarkup('li', bar, layout))}</ol>`
  return html`<div class="row ${standingOfSpan(worst)}${layout.troubled.has(name) ? ' trouble' : ''}">
<span class="who"${name.length > shortName ? html` title="${name}"` : ''}>${signMarkup(worst)} ${name}</span>${lanes.length === 1 ? lanes.map(list) : html`<div>${lanes.map(list)}</div>`}<span class="what">${whatOf(row)}</span></div>
`
}

/** Rows that look alike behind one of them: the one that ended last. */
function foldMarkup(rows: readonly TimelineRow[], layout: TimelineLayout, env: RenderEnv): Markup {
  const last = rows.reduce((latest, row) => (row.endMs > latest.endMs ? row : latest))
  const longest = rows.reduce((most, row) => Math.max(most, row.endMs - row.startMs), 0)
  const names = hostsText(
    rows.map(({ name }) => name),
    env,
  )
  const list = (lane: readonly Bar[]): Markup => html`<span class="lane" aria-hidden="true">
${lane.map(bar => barMarkup('b', bar, layout))}</span>`
  return html`<details class="fold"><summary class="row ${standingOfSpan(last.worst)}"><span class="who" title="${names}
drawn is ${last.name}, the last to end">${signMarkup(last.worst)} <span class="count">${rows.length} ×</span> ${names}</span><span>${last.lanes.map(list)}</span><span class="what">${[wordOfSpan(last.worst), longest === 0 ? '' : `${formatDuration(longest)} at most`].filter(part => part !== '').join(', ')}</span></summary>
${rows.map(row => rowMarkup(row, layout))}</details>
`
}

const signMarkup = (span: Span): Markup =>
  html`<span class="sign" aria-hidden="true">${signOfBar(standingOfSpan(span), wordOfSpan(span))}</span>`

function whatOf({ worst, startMs, endMs }: TimelineRow): string {
  if (isTrouble(worst)) return `${wordOfSpan(worst)}: ${worst.name}`
  const length = endMs > startMs ? formatDuration(endMs - startMs) : ''
  return [wordOfSpan(worst), length].filter(part => part !== '').join(', ')
}

/** Pixels that a thousandth of the axis has on a desktop and on a phone, at least. */
const [wide, small] = [0.75, 0.3]
const letterWidth = 7.3
const messageLength = 200

/** `n` hides the text of a bar that has no room for it, `m` on a phone only. */
function sizeOf({ span, x: _, width }: Bar): string {
  // With its sign; a long name is readable when it is cut.
  const needed = Math.min(100, (span.name.length + 2) * letterWidth + 8)
  return width * wide < needed ? ' n' : width * small < needed ? ' m' : ''
}

function barMarkup(tag: 'li' | 'b', bar: Bar, { startMs }: TimelineLayout): Markup {
  const { span, x, width } = bar
  const standing = standingOfSpan(span)
  const word = wordOfSpan(span)
  const [open, close] = tag === 'li' ? [html`<li`, html`</li>`] : [html`<b`, html`</b>`]
  return html`${open} class="${classesOf(standing, word)}${sizeOf(bar)} x${x} w${width}" data-at="${Date.parse(span.startedAt) - startMs}" data-ms="${span.durationMs}" title="${titleOf(span, startMs)}">${span.name}${close}
`
}

function titleOf({ name, startedAt, durationMs, message, ...rest }: Span, startMs: number): string {
  const word = wordOfSpan({ name, startedAt, durationMs, ...rest })
  const from = Date.parse(startedAt)
  const clock = momentOf(from).slice(11)
  const lines = [
    word === '' ? name : `${name}: ${word}`,
    `${clock} (+${((from - startMs) / 1000).toFixed(3)}s), ${formatDuration(durationMs)}`,
  ]
  if (message !== undefined) lines.push(message.length > messageLength ? `${message.slice(0, messageLength)}…` : message)
  return lines.join('\n')
}

/** Solid is what changed something or went wrong; what only looked and what was taken back look different. */
function classesOf(standing: BarStanding, word: string): string {
  if (word === 'ok' || word === 'pass') return `${standing} calm`
  if (word === 'undone') return `${standing} undone`
  return standing
}

function signOfBar(standing: BarStanding, word: string): string {
  if (word === 'undone') return '↩'
  return standing === 'plain' ? '' : signOf[standing]
}

/** `2026-11-22 03:14:15.926`, UTC. */
const momentOf = (epochMs: number): string => new Date(epochMs).toISOString().replace('T', ' ').slice(0, -1)
