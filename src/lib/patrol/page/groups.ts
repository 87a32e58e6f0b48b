import type { SlaClass } from '../../probe/index.ts'
import { slaClasses } from '../../probe/index.ts'
import { html, type Markup } from '../../render/page/markup.ts'
import type { CheckView, Status } from '../view.ts'
import { domId } from './link.ts'
import { isLoud, statuses, statusLooks } from './status-look.ts'

type Member = Pick<CheckView, 'status' | 'flapping' | 'sla' | 'group'>

/** The key of checks that belong to nothing. */
export const noGroup = '-'
export const groupKey = ({ group }: Pick<CheckView, 'group'>): string => group ?? noGroup
export const groupTitle = (key: string): string => (key === noGroup ? 'Without a group' : key)

/** What a group has, in numbers. */
export interface GroupFigures {
  readonly total: number
  readonly of: ReadonlyMap<Status, number>
  readonly quiet: ReadonlyMap<Status, number>
  readonly classes: ReadonlyMap<SlaClass, { readonly total: number; readonly well: number }>
}

export function groupFigures(members: Iterable<Member>): GroupFigures {
  const of = new Map<Status, number>()
  const quiet = new Map<Status, number>()
  const classes = new Map<SlaClass, { total: number; well: number }>()
  let total = 0
  for (const member of members) {
    const { status, sla } = member
    total++
    of.set(status, (of.get(status) ?? 0) + 1)
    if (!isLoud(member)) quiet.set(status, (quiet.get(status) ?? 0) + 1)
    const before = classes.get(sla) ?? { total: 0, well: 0 }
    classes.set(sla, { total: before.total + 1, well: before.well + (status === 'pass' ? 1 : 0) })
  }
  return { total, of, quiet, classes }
}

/** Worst first, then by name; what has no group comes last. */
export function groupOrder(
  a: readonly [string, GroupFigures, ...unknown[]],
  b: readonly [string, GroupFigures, ...unknown[]],
): number {
  const [left, right] = [worstRank(a[1]), worstRank(b[1])]
  if (left !== right) return left - right
  if (a[0] === noGroup || b[0] === noGroup) return a[0] === noGroup ? 1 : -1
  return a[0] < b[0] ? -1 : 1
}

function worstRank({ of }: GroupFigures): number {
  const at = statuses.findIndex(status => of.has(status))
  // Beyond what somebody has to look after, groups are equal.
  return at >= 0 && at < 3 ? at : 3
}

/** `2 failing, 37 well`, each in its colour. */
export function figuresText(of: ReadonlyMap<Status, number>): Markup {
  return html`${statuses.flatMap(status => {
    const count = of.get(status)
    const { tone, word, sign } = statusLooks[status]
    return count === undefined ? [] : [html`<span class="${tone}"><b aria-hidden="true">${sign}</b> ${count} ${word}</span> `]
  })}`
}

/** Beside the name of a group. */
export function groupSum(figures: GroupFigures): Markup {
  const classes = slaClasses.flatMap(sla => {
    const found = figures.classes.get(sla)
    return found ? [html`<span>${sla} ${found.well} of ${found.total} well</span> `] : []
  })
  return html`${figuresText(figures.of)}<span class="classes">${classes}</span>`
}

/** What the fold of a group holds. */
export const foldText = ({ quiet }: GroupFigures, title: string): Markup =>
  html`${figuresText(quiet)}<span class="vh"> in ${title}</span>`

interface GroupRows {
  readonly figures: GroupFigures
  readonly loud: readonly Markup[]
  /** Undefined where they are to be asked for. */
  readonly quiet: readonly Markup[] | undefined
  /** Rows for which there is no room. */
  readonly more: number
  readonly isOpen: boolean
}

/** A group with the lists of its rows; what is quiet lies in a fold. */
export function groupSection(key: string, { figures, loud, quiet, more, isOpen }: GroupRows): Markup {
  const id = domId('g', key)
  const query = encodeURIComponent(key.toWellFormed())
  const rows = quiet
    ? html`<ul class="rows quiet">
${quiet}</ul>`
    : html`<p class="note"><a href="/?open=${query}#${id}-f">List them</a></p>`
  return html`<section class="group" id="${id}" data-g="${key}" aria-labelledby="${id}-h">
<h3 id="${id}-h">${groupTitle(key)}</h3>
<p class="sum">${groupSum(figures)}</p>
<ul class="rows loud">
${loud}</ul>
<details class="fold" id="${id}-f"${quiet ? '' : html` data-lazy`}${isOpen ? html` open` : ''}${quiet?.length === 0 || figures.quiet.size === 0 ? html` hidden` : ''}>
<summary>${foldText(figures, groupTitle(key))}</summary>
${rows}
</details>
${more > 0 ? html`<p class="note">${more} more are not listed: <a href="/?group=${query}">this group alone</a>, or filter for less</p>` : ''}</section>
`
}
