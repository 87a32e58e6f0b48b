import { formatDuration } from '../../core/duration.ts'
import { html, type Markup } from '../../render/page/markup.ts'
import type { Watch } from '../watch.ts'

/** How a check is made. Parameters are not among it: they may lead to secrets. */
export function configuration({ check, unit: { host } }: Watch): Markup {
  const { type, check: look, origin, labels, dependsOn, recoveries, source, isOn, sla, sampling } = check
  const facts: [string, string | Markup][] = [
    ['Looks at', look.title],
    ['Type', type],
    ...(origin === undefined ? [] : [['Endpoint', origin] satisfies [string, string]]),
    ...(host === undefined ? [] : [[origin === undefined ? 'Host' : 'Looks from', host.name] satisfies [string, string]]),
    ['Class', sla],
    [
      'Labels',
      Object.entries({ ...host?.labels, ...labels })
        .map(([name, value]) => `${name}=${value}`)
        .join(' ') || 'none',
    ],
    [
      'Depends on',
      dependsOn.length === 0
        ? 'nothing'
        : html`${dependsOn.map(name => html`<a href="/?q=${encodeURIComponent(name.toWellFormed())}">${name}</a> `)}`,
    ],
    ['An incident ends after', `${recoveries} good looks in a row`],
    ['Comes from', source],
    ['Switched', isOn ? 'on' : 'off'],
  ]
  return html`<section aria-labelledby="configured">
<h2 id="configured">How it is configured</h2>
<dl>
${facts.map(
  ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>
`,
)}</dl>
<div class="scroll" tabindex="0" role="region" aria-label="How often it is looked at"><table><thead><tr><th scope="col">dimension</th><th scope="col">every</th><th scope="col">time-out</th><th scope="col">confirmed by</th><th scope="col">counts when bad</th></tr></thead><tbody>
${sampling.map(
  ({ dimension, intervalMs, timeoutMs, retries, failures, of }) =>
    html`<tr><th scope="row">${dimension}</th><td>${formatDuration(intervalMs)}</td><td>${formatDuration(timeoutMs)}</td><td>${retries === 0 ? 'nothing more' : `${retries} more bad look${retries === 1 ? '' : 's'}`}</td><td>${failures} of ${of}</td></tr>
`,
)}</tbody></table></div>
</section>
`
}
