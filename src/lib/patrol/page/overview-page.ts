import { type Clock, sleep } from '../../core/clock.ts'
import { slaClasses } from '../../probe/index.ts'
import { html, type Markup } from '../../render/page/markup.ts'
import { tallyOf, viewOf } from '../view.ts'
import type { Watch } from '../watch.ts'
import { checkRow, inOrder } from './check-row.ts'
import { type Filter, fits, isNarrow, statusFilters } from './filter.ts'
import { groupFigures, groupKey, groupOrder, groupSection, groupTitle } from './groups.ts'
import { headline } from './headline.ts'
import { openIncidents, withIncidents } from './open-incidents.ts'
import { isLoud, statusLooks } from './status-look.ts'
import type { Bars } from './uptime.ts'

/** Of so few checks nothing is folded away. */
const fewChecks = 40
/** Rows that are made at once: looks need not wait for a page. */
const rowsAtOnce = 400

export interface OverviewParts {
  readonly watches: readonly Watch[]
  readonly filter: Filter
  readonly barsOf: (id: string) => Bars
  readonly clock: Clock
}

/** All checks, with what is wrong first. */
export async function overview({ watches, filter, barsOf, clock }: OverviewParts): Promise<Markup[]> {
  const at = { now: clock.now(), monotonic: clock.monotonic() }
  const views = watches.map(watch => viewOf(watch, at))
  const byGroup = Map.groupBy(views, groupKey)
  const groups = [...byGroup].map(([key, members]) => [key, groupFigures(members)] as const).sort(groupOrder)
  const sections: Markup[] = []
  let count = 0
  let made = 0
  for (const [key, figures] of groups) {
    const loud: Markup[] = []
    const quiet: Markup[] = []
    const matching = new Set((byGroup.get(key) ?? []).filter(view => fits(view, filter)))
    count += matching.size
    for (const view of (byGroup.get(key) ?? []).sort(inOrder)) {
      if (++made % rowsAtOnce === 0) await sleep(clock, 0)
      const row = checkRow(view, { now: at.now, bars: barsOf(view.id), isHidden: !matching.has(view) })
      ;(isLoud(view) ? loud : quiet).push(row)
    }
    const isOpen = views.length <= fewChecks || (isNarrow(filter) && [...matching].some(view => !isLoud(view)))
    sections.push(groupSection(key, { figures, loud, quiet, isOpen, isHidden: matching.size === 0 }))
  }
  return [
    headline(tallyOf(watches)),
    html`<main id="main">
${openIncidents(withIncidents(watches), at.now)}<section aria-labelledby="checks" class="checks">
<h2 id="checks" tabindex="-1">Checks</h2>
${filterForm(filter, { groups: groups.map(([key]) => key), total: views.length, count })}
<div id="groups">
`,
    ...sections,
    html`</div>
<p id="none" class="note"${count > 0 || views.length === 0 ? html` hidden` : ''}>No check fits.</p>
</section>
</main>
`,
  ]
}

interface FilterFacts {
  readonly groups: readonly string[]
  readonly total: number
  readonly count: number
}

/** A form like any other: without the script it asks for the page anew. */
function filterForm(filter: Filter, { groups, total, count }: FilterFacts): Markup {
  const { status, sla, group, text, span } = filter
  const words = (each: (typeof statusFilters)[number]): string =>
    each === 'problem' ? 'any problem' : each === 'flapping' ? 'flapping' : statusLooks[each].word
  return html`<form id="filter" class="tools" role="search" aria-label="Checks" method="get" action="/">
<label class="text">Text <input type="search" name="q" id="q" value="${text}" autocomplete="off" spellcheck="false" aria-keyshortcuts="/"></label>
<label>Status <select name="status">${option('', 'any', status)}${statusFilters.map(each => option(each, words(each), status))}</select></label>
<label>Class <select name="sla">${option('', 'any', sla)}${slaClasses.map(each => option(each, each, sla))}</select></label>
<label>Group <select name="group">${option('', 'any', group)}${[...groups].sort().map(key => option(key, groupTitle(key), group))}</select></label>
<label>Uptime <select name="span">${option('48h', '48 hours', span)}${option('30d', '30 days', span)}</select></label>
<button type="submit">Show</button>
<output id="shown" for="filter">${count === total ? '' : `${count} of ${total} shown`}</output>
</form>`
}

const option = (value: string, words: string, chosen: string | undefined): Markup =>
  html`<option value="${value}"${value === (chosen ?? '') ? html` selected` : ''}>${words}</option>`
