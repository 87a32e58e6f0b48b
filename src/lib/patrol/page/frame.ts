import { rfc3339 } from '../../core/clock.ts'
import { html, type Markup } from '../../render/page/markup.ts'
import type { Status } from '../view.ts'
import type { PageAssets } from './page-assets.ts'
import { statusLooks } from './status-look.ts'

/** Nothing but what this server sends, and nothing within the document itself. */
export const pagePolicy =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

interface Frame {
  readonly assets: PageAssets
  readonly version: string
  /** Of the patrol as a whole, for the icon. */
  readonly state: Status
  readonly title: string
  /** Which page it is, for the script. */
  readonly page: 'overview' | 'check' | 'incidents' | 'missing'
  /** Id of the last event that this page knows of. */
  readonly from: string
  /** What the script is told besides: the id of a check. */
  readonly about?: string
  readonly now: number
  readonly skip: { readonly to: string; readonly words: string }
}

/** A whole document around the header and the main part of a page. */
export function framed(
  { assets, version, state, title, page, from, about, now, skip }: Frame,
  content: readonly Markup[],
): string {
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" id="icon" href="${assets.icon(state)}">
<link rel="stylesheet" href="${assets.style}">
<script src="${assets.script}" defer></script>
</head>
<body data-page="${page}" data-from="${from}" data-at="${now}"${about === undefined ? '' : html` data-about="${about}"`}>
<a class="skip" href="#${skip.to}">${skip.words}</a>
<nav aria-label="opsctl patrol">
<strong>opsctl patrol</strong>
<a href="/"${page === 'overview' ? html` aria-current="page"` : ''}>Checks</a>
<a href="/incidents"${page === 'incidents' ? html` aria-current="page"` : ''}>Incidents</a>
<span id="live" class="live"><span id="as-of">as of ${rfc3339(now).slice(11, 19)} UTC</span><noscript>; load the page again for what is new</noscript></span>
</nav>
<p id="said" class="vh" role="status" aria-live="polite"></p>
`}${content.join('')}${html`<footer>opsctl ${version}. All times are UTC. <a href="/api/v1/checks">JSON</a> <a href="/metrics">Metrics</a></footer>
</body>
</html>
`}`
}

/** `✗ 3 of 1000 checks failing`. */
export const titleOf = (state: Status, words: string): string => `${statusLooks[state].sign} ${words}`
