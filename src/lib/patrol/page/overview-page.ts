import { type Clock, sleep } from '../../core/clock.ts'
import { slaClasses } from '../../probe/index.ts'
import { html, type Markup } from '../../render/page/markup.ts'
import { type CheckView, tallyOf, viewOf } from '../view.ts'
import type { Watch } from '../watch.ts'
import { checkRow, inOrder } from './check-row.ts'
import { type Filter, fits, isNarrow, statusFilters } from './filter.ts'
import { type GroupFigures, groupFigures, groupKey, groupOrder, groupSection, groupTitle } from './groups.ts'
import { headline } from './headline.ts'
import { openIncidents, withIncidents } from './open-incidents.ts'
import { isLoud, statusLooks } from './status-look.ts'
import type { Uptime } from './uptime.ts'

/** Of so few checks nothing is folded away. */
const fewChecks = 40
/** Rows of one page; of more the filter is the way. */
const maxRows = 600
/** Rows that are made at once: looks need not wait for a page. */
const rowsAtOnce = 200

interface OverviewParts {
  readonly watches: readonly Watch[]
  readonly filter: Filter
  readonly uptime: Uptime
  readonly clock: Clock
}

/** All checks, with what is wrong first. Checks that are well are counted, and listed where somebody asks for them. */
export async function overview({ watches, filter, uptime, clock }: OverviewParts): Promise<Markup[]> {
  const at = { now: clock.now(), monotonic: clock.monotonic() }
  const views = watches.map(watch => viewOf(watch, at))
  const groups = groupsOf(views, filter)
  const listed = groups.flatMap(({ loud, quiet = [] }) => [...loud, ...quiet])
  const barsOf = await uptime.of(
    filter.span,
    listed.map(({ id }) => id),
  )
  const rows = new Map<CheckView, Markup>()
  for (const [index, view] of listed.entries()) {
    if (index > 0 && index % rowsAtOnce === 0) await sleep(clock, 0)
    rows.set(view, checkRow(view, { now: at.now, bars: barsOf(view.id) }))
  }
  const rowsOf = (some: readonly CheckView[]): Markup[] => some.flatMap(view => rows.get(view) ?? [])
  const count = groups.reduce((sum, { fitting }) => sum + fitting, 0)
  const keys = [...new Set(views.map(groupKey))].sort()
  return [
    headline(tallyOf(watches)),
    html`<main id="main">
${openIncidents(withIncidents(watches), at.now)}<section aria-labelledby="checks" class="checks">
<h2 id="checks" tabindex="-1">Checks</h2>
${filterForm(filter, { groups: keys, total: views.length, count })}
<div id="groups">
`,
    ...groups.map(({ key, figures, loud, quiet, more, isOpen }) =>
      groupSection(key, { figures, loud: rowsOf(loud), quiet: quiet && rowsOf(quiet), more, isOpen }),
    ),
    html`${count > 0 || views.length === 0 ? '' : html`<p class="note">No check fits.</p>`}</div>
</section>
</main>
`,
  ]
}

interface Group {
  readonly key: string
  readonly figures: GroupFigures
  readonly loud: readonly CheckView[]
  readonly quiet: readonly CheckView[] | undefined
  readonly fitting: number
  readonly more: number
  readonly isOpen: boolean
}

/** Groups with something that fits, and what of them is listed. */
function groupsOf(views: readonly CheckView[], filter: Filter): Group[] {
  const narrow = isNarrow(filter)
  const isFew = views.length <= fewChecks
  const all = [...Map.groupBy(views, groupKey)].map(([key, members]) => [key, groupFigures(members), members] as const)
  let room = maxRows
  return all.sort(groupOrder).flatMap(([key, figures, members]) => {
    const fitting = narrow ? members.filter(view => fits(view, filter)) : members
    if (fitting.length === 0) return []
    const loud = fitting.filter(isLoud).sort(inOrder)
    const isListed = isFew || narrow || filter.open.has(key)
    const wanted = isListed ? fitting.length : loud.length
    const shown = Math.min(room, wanted)
    room -= shown
    return {
      ...{ key, figures, fitting: fitting.length, more: wanted - shown, isOpen: isListed },
      loud: loud.slice(0, shown),
      quiet: isListed ? quietOf(fitting).slice(0, Math.max(0, shown - loud.length)) : undefined,
    }
  })
}

const quietOf = (views: readonly CheckView[]): CheckView[] => views.filter(view => !isLoud(view)).sort(inOrder)

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
<label>Group <select name="group">${option('', 'any', group)}${groups.map(key => option(key, groupTitle(key), group))}</select></label>
<label>Uptime <select name="span">${option('48h', '48 hours', span)}${option('30d', '30 days', span)}</select></label>
<button type="submit">Show</button>
<output id="shown" for="filter">${count === total ? '' : `${count} of ${total} shown`}</output>
</form>`
}

const option = (value: string, words: string, chosen: string | undefined): Markup =>
  html`<option value="${value}"${value === (chosen ?? '') ? html` selected` : ''}>${words}</option>`
