import { weekdays, type ZonedTime } from './zoned-time.ts'

/** Whether a minute is one of those that an expression names. */
export type Cron = (time: ZonedTime) => boolean

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

interface Field {
  readonly name: string
  readonly least: number
  readonly most: number
  readonly words?: readonly string[]
}

const fields: readonly Field[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, words: ['', ...months] },
  { name: 'day of the week', least: 0, most: 7, words: weekdays },
]

/**
 * Minute, hour, day of the month, month and day of the week, as in crontab(5): lists, ranges, steps and names. Where both days are said,
 * one of them is enough.
 * @throws Error that says what is wrong
 */
export function parseCron(text: string): Cron {
  const words = text.trim().split(/\s+/)
  if (words.length !== fields.length)
    throw new Error(`has ${words.length} fields, not ${fields.length}: minute hour day month weekday`)
  const [minutes, hours, days, monthsOf, weekdaysOf] = fields.map((field, index) => parseField(words[index] ?? '', field))
  const [, , dayText = '*', , weekdayText = '*'] = words
  const either = !dayText.startsWith('*') && !weekdayText.startsWith('*')
  return ({ minute, hour, day, month, weekday }) => {
    if (!minutes?.has(minute) || !hours?.has(hour) || !monthsOf?.has(month)) return false
    const isDay = days?.has(day) ?? false
    const isWeekday = weekdaysOf?.has(weekday) ?? false
    return either ? isDay || isWeekday : isDay && isWeekday
  }
}

function parseField(text: string, field: Field): ReadonlySet<number> {
  const values = new Set<number>()
  for (const part of text.split(',')) {
    const [, range = '', step = '1'] = /^([^/]+)(?:\/(\d+))?$/.exec(part) ?? []
    const [from, to] = rangeOf(range, { field, hasStep: part.includes('/') })
    if (!(from <= to) || Number(step) < 1) throw new Error(`'${part}' is no ${field.name}`)
    for (let value = from; value <= to; value += Number(step)) values.add(value)
  }
  // Sunday is both 0 and 7.
  if (field.most === 7 && values.delete(7)) values.add(0)
  return values
}

function rangeOf(range: string, { field, hasStep }: { readonly field: Field; readonly hasStep: boolean }): [number, number] {
  if (range === '*') return [field.least, field.most]
  const [first = '', last] = range.split('-', 2)
  const from = numberOf(first, field)
  return [from, last === undefined ? (hasStep ? field.most : from) : numberOf(last, field)]
}

function numberOf(text: string, { name, least, most, words = [] }: Field): number {
  const word = words.indexOf(text.toLowerCase())
  const value = word >= 0 && text !== '' ? word : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new Error(`'${text}' is no ${name}: ${least} to ${most}`)
}
