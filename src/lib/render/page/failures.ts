import type { RenderEnv } from '../../core/component.ts'
import type { Item } from '../../core/item.ts'
import type { Report } from '../../core/report.ts'
import { type FailureGroup, failureGroups } from '../failure-groups.ts'
import { hostsText } from '../hosts-text.ts'
import { signOf } from '../standing.ts'
import { html, type Markup } from './markup.ts'

const shownGroups = 50

/** What went wrong, identical failures under one set of hosts. The buttons are for the script. */
export async function pageFailures(report: Report, env: RenderEnv): Promise<Markup> {
  const groups = failureGroups(report.items)
  if (groups.length === 0) return html``
  const rest = groups.length - shownGroups
  return html`<section aria-labelledby="failures">
<h2 id="failures">What went wrong</h2>
<div class="groups">
${await Promise.all(groups.slice(0, shownGroups).map((group, at) => card(group, at, env)))}</div>
${rest > 0 ? html`<p class="note">and ${rest} more ways; the table lists them all</p>` : ''}</section>
`
}

async function card({ standing, what, message, items, names }: FailureGroup, at: number, env: RenderEnv): Promise<Markup> {
  return html`<article class="${standing}">
<h3><span><span class="sign" aria-hidden="true">${signOf[standing]}</span> ${what} <span class="count">${items.length === 1 ? '' : `× ${items.length}`}</span></span>
<button type="button" data-group="${at}" hidden>Show in table</button></h3>
${message === '' || message === what ? '' : html`<p class="message">${message}</p>`}
<p class="hosts"><code>${hostsText(names, env)}</code></p>
${await lastWords(items, env)}</article>
`
}

const excerptBytes = 16 * 1024
const excerptLines = 4

/** The end of what the first of them printed, where it is short enough to be read to its end: there a command says why it failed. */
async function lastWords(items: readonly Item[], env: RenderEnv): Promise<Markup> {
  const [first] = items
  const refs = [first?.output?.stderr, first?.output?.stdout]
  const ref = refs.find(candidate => candidate !== undefined && candidate.bytes > 0 && candidate.bytes <= excerptBytes)
  if (first === undefined || ref === undefined) return html``
  const lines = (await env.readOutput(ref, excerptBytes)).text.trimEnd().split('\n').slice(-excerptLines)
  return html`<pre tabindex="0" aria-label="last output of ${first.host ?? first.name}">
${lines.join('\n')}</pre>
`
}
