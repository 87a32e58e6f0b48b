import { createHash } from 'node:crypto'
import { formatDuration } from '../../core/duration.ts'
import { exitCodeOf, exitCodes } from '../../core/exit.ts'
import type { Report } from '../../core/report.ts'
import { type Standing, signOf, standings } from '../standing.ts'
import { type Tally, tallyOf } from '../tally.ts'
import { html, Markup } from './markup.ts'
import { pageScript } from './script.ts'
import { pageStyle } from './style.ts'
import type { TimelineLayout } from './timeline-layout.ts'
import { timelineScript } from './timeline-script.ts'

/** Words for a standing, as the page counts them. */
export const standingWords: Readonly<Record<Standing, string>> = {
  bad: 'failed',
  unknown: 'unknown',
  warn: 'warned',
  skipped: 'skipped',
  good: 'ok',
}

/** The document up to its first section: policy, style, title, verdict and figures. */
export function pageHead(report: Report, timeline?: TimelineLayout): Markup {
  const style = pageStyle(report, timeline)
  const tally = tallyOf(report)
  const standing = standingOfRun(report, tally)
  const policy = `default-src 'none'; style-src '${digest(style)}'; script-src '${digest(scriptOf(timeline))}'; base-uri 'none'; form-action 'none'`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${signOf[standing]} ${headline(report, tally)} · ${report.title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header class="${standing}">
<p class="kind">opsctl ${report.kind}</p>
<h1>${report.title}</h1>
<p class="verdict"><span class="sign" aria-hidden="true">${signOf[standing]}</span> ${headline(report, tally)}</p>
${bar(tally)}
${facts(report)}
${stopped(report)}
</header>
<main>
`
}

/** The end of the document, with its script. */
export function pageFoot({ runId }: Report, timeline?: TimelineLayout): Markup {
  return html`</main>
<footer>opsctl run ${runId}</footer>
<script>${new Markup(scriptOf(timeline))}</script>
</body>
</html>
`
}

const scriptOf = (timeline?: TimelineLayout): string => (timeline ? pageScript + timelineScript : pageScript)

const digest = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`

function standingOfRun(report: Report, tally: Tally): Standing {
  const exit = exitCodeOf(report)
  if (exit === 3) return 'unknown'
  if (exit !== 0 && exit !== 4) return 'bad'
  if (report.counts.total === 0) return 'unknown'
  return tally.warn > 0 ? 'warn' : 'good'
}

function headline({ counts }: Report, tally: Tally): string {
  if (counts.total === 0) return 'nothing was done'
  const notable = standings.filter(standing => standing !== 'skipped' && standing !== 'good' && tally[standing] > 0)
  const [only] = notable
  if (only === undefined) return tally.good === 1 ? 'ok' : `all ${tally.good} ok`
  if (notable.length === 1) return `${tally[only]} of ${counts.total} ${standingWords[only]}`
  return `${notable.map(standing => `${tally[standing]} ${standingWords[standing]}`).join(', ')} of ${counts.total}`
}

/** Widths are attributes: the policy admits no style attribute. */
function bar(tally: Tally): Markup {
  const total = standings.reduce((sum, standing) => sum + tally[standing], 0)
  if (total === 0) return html``
  let x = 0
  const parts = standings.map(standing => {
    const width = (tally[standing] / total) * 100
    const part = html`<rect class="${standing}" x="${x.toFixed(3)}" width="${width.toFixed(3)}" height="1"/>`
    x += width
    return part
  })
  const words = standings.filter(standing => tally[standing] > 0).map(standing => `${tally[standing]} ${standingWords[standing]}`)
  return html`<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label="${words.join(', ')}">${parts}</svg>`
}

function facts(report: Report): Markup {
  const exit = exitCodeOf(report)
  const meaning = Object.entries(exitCodes).find(([code]) => Number(code) === exit)?.[1]
  return html`<dl>
<div><dt>Started</dt><dd><time datetime="${report.startedAt}">${report.startedAt.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')}</time></dd></div>
<div><dt>Took</dt><dd>${formatDuration(report.durationMs)}</dd></div>
<div><dt>Exit code</dt><dd>${exit}${meaning === undefined ? '' : html` <small>${meaning}</small>`}</dd></div>
<div><dt>Run</dt><dd><code>${report.runId}</code></dd></div>
</dl>`
}

function stopped(report: Report): Markup {
  return report.stopped === undefined
    ? html``
    : html`<p class="stopped"><strong>Stopped early:</strong> ${report.stopped.message}</p>`
}
