import { html, type Markup } from '../../render/page/markup.ts'

/** Where a check has its page. Paths hold no backslash, no control character and no climbing, so ids with one of them go into the query. */
export function checkPath(id: string): string {
  const encoded = encodeURIComponent(id.toWellFormed())
  return /^\.{1,2}$|[\\\0-\x1f\x7f]/.test(id) ? `/checks?id=${encoded}` : `/checks/${encoded}`
}

/** The same as an id in a document. */
export const domId = (prefix: 'c' | 'g', id: string): string => `${prefix}-${encodeURIComponent(id.toWellFormed())}`

/** A link to what a check's definition gives as its runbook, where that is one for browsers; else its text. */
export function runbookLink(runbook: string): Markup {
  const url = URL.parse(runbook)
  const isWeb = url !== null && (url.protocol === 'https:' || url.protocol === 'http:')
  if (!isWeb) return html`<span class="runbook">runbook: ${runbook}</span>`
  return html`<a class="runbook" href="${url.href}" rel="noopener noreferrer external" target="_blank">runbook<span class="vh"> of this check, opens a new window</span> ↗</a>`
}
