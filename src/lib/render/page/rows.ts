import type { RenderEnv } from '../../core/component.ts'
import { formatDuration } from '../../core/duration.ts'
import type { Item } from '../../core/item.ts'
import type { Json } from '../../core/json.ts'
import type { Report } from '../../core/report.ts'
import { explanationOf, failureGroups, whatOf } from '../failure-groups.ts'
import { type Standing, signOf, standingOf, standings, wordOf } from '../standing.ts'
import { tallyOf } from '../tally.ts'
import { standingWords } from './frame.ts'
import { html, type Markup } from './markup.ts'
import { textLimit, textOf } from './output.ts'

/** The table of all items. The tools above it and the sort buttons are switched on by the script. */
export async function* pageRows(report: Report, env: RenderEnv): AsyncIterable<Markup> {
  const { items, omitted } = report
  if (items.length === 0) return
  const layout = { named: hasNames(items), limit: textLimit(items.length), groups: groupNumbers(items) }
  yield html`<section aria-labelledby="items">
<h2 id="items">${items.every(item => item.host !== undefined) ? 'Hosts' : 'Results'}</h2>
${tools(report)}<table role="table" class="${layout.named ? 'named' : 'unnamed'}${items.length > eagerRows ? ' long' : ''}">
<thead role="rowgroup"><tr role="row">${head('result', 'Result')}${head('host', 'Host')}${layout.named ? head('name', 'Name') : ''}${head('reason', 'Reason')}${head('time', 'Time')}<th role="columnheader" class="more">Message and output</th></tr></thead>
<tbody role="rowgroup">
`
  for (const item of items) yield await row(item, layout, env)
  yield html`</tbody>
</table>
<p class="note" id="none" hidden>Nothing matches.</p>
${omitted > 0 ? html`<p class="note">${omitted} more are counted but not listed.</p>` : ''}</section>
`
}

/** Rows that a browser lays out at once; of more than that, those in sight. */
const eagerRows = 200

interface Layout {
  readonly named: boolean
  readonly limit: number
  readonly groups: ReadonlyMap<Item, number>
}

/** True where host names alone do not tell items apart. */
export const hasNames = (items: readonly Item[]): boolean =>
  items.some(item => item.host === undefined) || new Set(items.map(item => item.name)).size > 1

function groupNumbers(items: readonly Item[]): Map<Item, number> {
  return new Map(failureGroups(items).flatMap((group, at) => group.items.map(item => [item, at] as const)))
}

function tools(report: Report): Markup {
  const tally = tallyOf(report)
  const chip = (standing: Standing): Markup =>
    html`<button type="button" class="chip ${standing}" data-standing="${standing}" aria-pressed="false"><span class="sign" aria-hidden="true">${signOf[standing]}</span> ${tally[standing]} ${standingWords[standing]}</button>
`
  return html`<div class="tools" role="search" hidden>
<input type="search" id="filter" placeholder="Filter hosts, messages and output" aria-label="Filter hosts, messages and output" autocomplete="off" spellcheck="false">
${standings.filter(standing => tally[standing] > 0).map(chip)}<button type="button" id="expand" aria-pressed="false">Open all</button>
<output id="shown" aria-live="polite"></output>
</div>
`
}

const head = (key: string, title: string): Markup => html`<th role="columnheader" class="${key}" data-sort="${key}">${title}</th>`

async function row(item: Item, { named, limit, groups }: Layout, env: RenderEnv): Promise<Markup> {
  const standing = standingOf(item)
  return html`<tr role="row" class="${standing}" data-result="${standings.indexOf(standing)}" data-time="${item.durationMs}" data-in="${groups.get(item) ?? ''}">
<td role="cell" class="result"><span class="sign" aria-hidden="true">${signOf[standing]}</span> ${wordOf(item)}</td>
<td role="cell" class="host">${item.host ?? ''}</td>
${
  named
    ? html`<td role="cell" class="name">${item.name}</td>
`
    : ''
}<td role="cell" class="reason">${item.reason === undefined ? '' : whatOf(item)}</td>
<td role="cell" class="time">${formatDuration(item.durationMs)}</td>
<td role="cell" class="more">${await more(item, limit, env)}</td>
</tr>
`
}

/** The message, and behind it what there is to unfold. */
async function more(item: Item, limit: number, env: RenderEnv): Promise<Markup> {
  const parts = [facts(item), await outputs(item, limit, env)].filter(part => String(part) !== '')
  const explanation = explanationOf(item)
  const message = explanation === whatOf(item) ? '' : explanation
  if (parts.length === 0) return html`${message}`
  return html`<details><summary>${message === '' ? 'Output' : message}</summary>
<div class="body">${parts}</div></details>`
}

async function outputs({ output }: Item, limit: number, env: RenderEnv): Promise<Markup> {
  const { stdout, stderr } = output ?? {}
  const errors = stderr !== undefined && stderr.bytes > 0 ? html`<h4>stderr</h4>${await textOf(stderr, limit, env)}` : html``
  const hasErrors = String(errors) !== ''
  if (stdout === undefined || (stdout.bytes === 0 && hasErrors)) return errors
  return html`${hasErrors ? html`<h4>stdout</h4>` : ''}${await textOf(stdout, limit, env)}${errors}`
}

function facts({ labels, metrics, data }: Item): Markup {
  const { exitCode: _, signal: __, ...rest } = data ?? {}
  const pairs: [string, Json][] = [...Object.entries(labels ?? {}), ...Object.entries(metrics ?? {}), ...Object.entries(rest)]
  if (pairs.length === 0) return html``
  const shown = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))
  return html`<dl class="facts">${pairs.map(([key, value]) => html`<div><dt>${key}</dt><dd>${shown(value)}</dd></div>`)}</dl>`
}
