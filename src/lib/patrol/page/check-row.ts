import { reasons } from '../../core/item.ts'
import { html, type Markup } from '../../render/page/markup.ts'
import type { CheckView } from '../view.ts'
import { checkPath, domId, runbookLink } from './link.ts'
import { moment, momentText } from './moment.ts'
import { latencyText, sparkline } from './sparkline.ts'
import { isLoud, statuses, statusLooks, statusMark } from './status-look.ts'
import { type Bars, uptimeText } from './uptime.ts'
import { uptimeBars } from './uptime-bars.ts'

/** Of a message; all of it stands on the page of the check. */
const maxMessage = 300
/** Certificates that end within so many days are told in colour. */
const soonDays = 14

interface RowPlace {
  readonly now: number
  /** Absent in rows that are sent to an open page: it keeps the bars that it has, or asks for them. */
  readonly bars?: Bars
}

/** A check as an element of a list. */
export function checkRow(view: CheckView, { now, bars }: RowPlace): Markup {
  const { id, name, host, type, sla, status, message, reason } = view
  return html`<li id="${domId('c', id)}" class="row ${statusLooks[status].tone}" data-k="${rowKey(view)}" data-s="${status}" data-p="${sla}"${view.flapping ? html` data-f` : ''}>
${statusMark(status)}
<span class="who"><a href="${checkPath(id)}">${name}</a>${host === undefined ? '' : html` <span class="host">on ${host}</span>`} <small>${sla} ${type}</small></span>
<span class="said"><span class="msg">${clipped(message)}</span>${tags(view)}${links(view)}${reason && status !== 'suppressed' ? html`<span class="why">${reasons[reason]}</span>` : ''}</span>
<span class="up">${bars ? html`${uptimeBars(bars)} <span aria-hidden="true">${uptimeText(bars.slots)}</span>` : ''}</span>
<span class="lat">${sparkline(view.latencies)} <span class="ms">${view.ms === undefined ? '' : latencyText(view.ms)}</span></span>
<span class="cert${(view.certificateDays ?? soonDays) < soonDays ? ' soon' : ''}">${view.certificateDays === undefined ? '' : certificateText(view.certificateDays)}</span>
<span class="when">${status === 'pending' || status === 'off' ? '' : html`<span class="since">since ${moment(view.since, now)}</span> `}<span class="looks">${looksText(view, now)}</span></span>
</li>
`
}

/** Rows stand in the order of these: what is most urgent first. */
export function rowKey({ status, flapping, sla, name, host = '' }: CheckView): string {
  const rank = status === 'pass' && flapping ? 3 : statuses.indexOf(status) + (isLoud({ status, flapping }) ? 0 : 1)
  return `${rank}${sla}${name}\t${host}`
}

export const inOrder = (a: CheckView, b: CheckView): number => {
  const [left, right] = [rowKey(a), rowKey(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

/** When it was and will be looked at: `14:03:12, next 14:03:42`. */
export function looksText({ lookedAt, nextAt }: CheckView, now: number): string {
  const last = lookedAt === undefined ? [] : [momentText(lookedAt, now)]
  const next = nextAt === undefined ? [] : [`next ${momentText(nextAt, now)}`]
  return [...last, ...next].join(', ')
}

export function certificateText(days: number): string {
  const whole = Math.floor(days)
  return whole < 0 ? `certificate ended ${-whole} d ago` : `certificate ${whole} d`
}

export const clipped = (text: string, limit = maxMessage): string => (text.length > limit ? `${text.slice(0, limit)}…` : text)

function tags({ flapping, dimensions, status }: CheckView): Markup {
  const isConfirming = status === 'pass' && dimensions.some(({ isUnconfirmed }) => isUnconfirmed)
  return html`${flapping ? html`<span class="tag">⇅ flapping</span>` : ''}${isConfirming ? html`<span class="tag">bad look, being confirmed</span>` : ''}`
}

function links(view: CheckView): Markup {
  if (!isLoud(view) || view.runbook === undefined) return html``
  return html` ${runbookLink(view.runbook)}`
}
