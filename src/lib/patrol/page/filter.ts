import { reasons } from '../../core/item.ts'
import { type SlaClass, slaClasses } from '../../probe/index.ts'
import type { CheckView, Status } from '../view.ts'
import { groupKey } from './groups.ts'
import { problems, statuses, statusLooks } from './status-look.ts'
import type { Span } from './uptime.ts'

export const statusFilters = ['problem', 'flapping', ...statuses] as const

/** Which checks are shown, as the address of the page says. */
export interface Filter {
  readonly status?: Status | 'problem' | 'flapping'
  readonly group?: string
  readonly sla?: SlaClass
  /** All of them must be there. */
  readonly text: string
  readonly span: Span
  /** Groups whose quiet checks are listed too. */
  readonly open: ReadonlySet<string>
}

/** What nobody knows is left out: a page is better than none. */
export function filterOf(query: URLSearchParams): Filter {
  const status = statusFilters.find(each => each === query.get('status'))
  const sla = slaClasses.find(each => each === query.get('sla'))
  const group = query.get('group')
  return {
    ...(status && { status }),
    ...(sla && { sla }),
    ...(group && { group }),
    text: (query.get('q') ?? '').slice(0, 200),
    span: query.get('span') === '30d' ? '30d' : '48h',
    open: new Set(query.getAll('open')),
  }
}

export const isNarrow = ({ status, group, sla, text }: Filter): boolean =>
  status !== undefined || group !== undefined || sla !== undefined || text.trim() !== ''

export function fits(view: CheckView, filter: Filter): boolean {
  if (filter.sla !== undefined && view.sla !== filter.sla) return false
  if (filter.group !== undefined && groupKey(view) !== filter.group) return false
  if (filter.status === 'flapping' ? !view.flapping : filter.status && !fitsStatus(view.status, filter.status)) return false
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean)
  return words.length === 0 || words.every(word => textOf(view).includes(word))
}

const fitsStatus = (status: Status, wanted: Status | 'problem' | 'flapping'): boolean =>
  wanted === 'problem' ? problems.includes(status) : status === wanted

function textOf({ status, name, host = '', sla, type, message, reason, group = '' }: CheckView): string {
  const why = reason ? reasons[reason] : ''
  return [statusLooks[status].word, name, host, sla, type, message, why, group].join(' ').toLowerCase()
}
