import { rfc3339 } from '../../core/clock.ts'
import { html, type Markup } from '../../render/page/markup.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** A moment in UTC, as short as it can be told from now: `14:03:12`, `3 Jan 14:03`, `3 Jan 2025 14:03`. */
export function momentText(at: number, now: number): string {
  const text = rfc3339(at)
  if (text.slice(0, 10) === rfc3339(now).slice(0, 10)) return text.slice(11, 19)
  const year = text.slice(0, 4) === rfc3339(now).slice(0, 4) ? '' : ` ${text.slice(0, 4)}`
  return `${dayText(at)}${year} ${text.slice(11, 16)}`
}

/** `3 Jan`. */
export function dayText(at: number): string {
  const date = new Date(at)
  return `${date.getUTCDate()} ${months[date.getUTCMonth()] ?? ''}`
}

export const moment = (at: number, now: number): Markup => html`<time datetime="${rfc3339(at)}">${momentText(at, now)}</time>`

/** A time that grows while it is read; the script keeps it true. */
export const growing = (since: number, text: string): Markup => html`<span data-since="${since}">${text}</span>`
