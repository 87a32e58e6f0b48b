import { rfc3339 } from '../../core/clock.ts'
import { html, type Markup } from '../../render/page/markup.ts'
import { dayText } from './moment.ts'
import { type Bars, type Slot, spans, uptimeText } from './uptime.ts'

const height = 16
/** Of a slot: three for its bar, one between bars. */
const width = 4

/**
 * A bar for each hour or day. Good ones are one dashed line for each run of them, so that a row costs no more than a few elements; bad
 * looks stand in front of it, as high as their share.
 */
export function uptimeBars({ from, span, slots }: Bars): Markup {
  const good = dashes(slots, ({ looks }) => looks > 0)
  const blank = dashes(slots, ({ looks }) => looks === 0)
  const warned = posts(slots, ({ looks, warned, bad }) => (bad > 0 ? 0 : warned / looks))
  const bad = posts(slots, ({ looks, bad }) => bad / looks)
  return html`<svg class="bars" viewBox="0 0 ${slots.length * width - 1} ${height}" preserveAspectRatio="none" role="img" aria-label="${barsText({ from, span, slots })}" data-from="${from}" data-slot="${spans[span].hours}" data-runs="${runs(slots)}">${path('blank', blank)}${path('good', good)}${path('warn', warned)}${path('bad', bad)}</svg>`
}

const path = (tone: string, d: string): Markup => (d === '' ? html`` : html`<path class="${tone}" d="${d}"/>`)

function dashes(slots: readonly Slot[], isIn: (slot: Slot) => boolean): string {
  let d = ''
  for (let at = 0; at < slots.length; at++) {
    const first = at
    while (at < slots.length && isIn(slots[at] ?? never)) at++
    if (at > first) d += `M${first * width} ${height / 2}H${at * width - 1}`
  }
  return d
}

const never: Slot = { looks: 0, warned: 0, bad: 0 }

/** A share that is hardly one is to be seen all the same. */
function posts(slots: readonly Slot[], shareOf: (slot: Slot) => number): string {
  return slots
    .map((slot, at) => {
      const share = slot.looks === 0 ? 0 : shareOf(slot)
      return share === 0 ? '' : `M${at * width + 1.5} ${height}V${Math.round(height * 0.6 * (1 - share))}`
    })
    .join('')
}

/** For the tips of the script: `40 120,1 120 3,7 120` are runs of slots with their looks, and how many of them were bad and warned. */
function runs(slots: readonly Slot[]): string {
  const told: { text: string; count: number }[] = []
  for (const { looks, bad, warned } of slots) {
    // Of runs without trouble the exact number of looks matters little.
    const text = looks === 0 ? '0' : bad + warned === 0 ? '1' : `${looks} ${bad} ${warned}`
    const last = told.at(-1)
    if (last?.text === text) last.count++
    else told.push({ text, count: 1 })
  }
  return told.map(({ text, count }) => `${count} ${text}`).join(',')
}

/** What the bars show, for those who do not see them. */
export function barsText({ from, span, slots }: Bars): string {
  const { words, slot, hours } = spans[span]
  const bad = slots.flatMap((each, at) => (each.bad > 0 ? [from + at * hours * 3_600_000] : []))
  const blank = slots.filter(({ looks }) => looks === 0).length
  const [last] = bad.slice(-1)
  if (blank === slots.length) return `no looks in the last ${words}`
  return [
    `${uptimeText(slots)} of looks well in the last ${words}`,
    ...(last === undefined
      ? []
      : [`bad looks in ${bad.length} ${slot}${bad.length === 1 ? '' : 's'}, last ${slotText(last, hours)}`]),
    ...(blank === 0 ? [] : [`none in ${blank}`]),
  ].join('; ')
}

/** `3 Jan`, or `3 Jan 14:00`. */
export const slotText = (at: number, hours: number): string =>
  hours === 24 ? dayText(at) : `${dayText(at)} ${rfc3339(at).slice(11, 16)}`
