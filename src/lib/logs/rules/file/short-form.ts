import { parseDuration } from '../../../core/duration.ts'
import { OpsError } from '../../../core/errors.ts'
import { nearest } from '../../../core/nearest.ts'
import { type Order, orders } from '../condition/comparisons.ts'
import { anyRecord, type Condition } from '../condition/condition.ts'
import { parseCondition } from '../condition/quick-condition.ts'
import { parseQuantity } from '../quantity.ts'
import type { Measure } from '../rule.ts'
import { RuleFault } from '../rule-fault.ts'

/** What `when:` says. */
export interface ShortForm {
  readonly measure: Measure
  readonly overMs?: number
}

export const shortForms =
  'write `5xx share > 10 % over 1m`, `5xx count > 50 over 1m`, `p99 request_time > 2 s over 5m`, `latency > 2 s for 3 of 5`, `no status: 200 for 5m` or `message matches /panic/`'

/** Of fewer records a share or a percentile says nothing. */
export const defaultLeast = 20
const field = '[A-Za-z_@][A-Za-z0-9_.@-]*'
const order = '(>=|<=|>|<|above|below)'

/** Reads a rule as people say it. @throws RuleFault */
export function parseShortForm(text: string): ShortForm {
  const said = text.trim().replaceAll(/\s+/g, ' ')
  const absent = /^(?:no (.+)|nothing) (?:for|in|within) ([0-9][0-9a-z.]*)$/i.exec(said)
  if (absent) return { measure: { kind: 'absence', of: subjectOf(absent[1]), afterMs: timeOf(absent[2]) } }
  const each = new RegExp(`^(${field}) (?:matches|=~) (/.*)$`).exec(said)
  if (each) return { measure: { kind: 'lines', of: parseCondition(said), ...defaultFlood } }
  const least = /,? ?(?:with |of )?at least ([0-9]+)(?: lines| requests| records)?$/i.exec(said)
  const withoutLeast = least ? said.slice(0, least.index) : said
  const over = / (?:over|in|within|per) ([0-9][0-9a-z.]*)$/i.exec(withoutLeast)
  const core = over ? withoutLeast.slice(0, over.index) : withoutLeast
  const measure = tryMeasure(core, { said, least: least ? Number(least[1]) : defaultLeast })
  if (measure === undefined) throw noForm(said)
  return { measure, ...(over && { overMs: timeOf(over[1]) }) }
}

/** Of single lines: not more in a time. */
export const defaultFlood = { limit: 5, perMs: 60_000 } as const

/** A word that was meant to be another one is a better reason than what came of it. */
function tryMeasure(text: string, { said, least }: { readonly said: string; readonly least: number }): Measure | undefined {
  try {
    return measureOf(text, least)
  } catch (error) {
    throw error instanceof RuleFault && closeWord(said) !== undefined ? noForm(said) : error
  }
}

function measureOf(text: string, least: number): Measure | undefined {
  const percentile = new RegExp(`^p(\\d+(?:\\.\\d+)?) (?:of )?(${field}) ${order} (.+)$`, 'i').exec(text)
  if (percentile) {
    const [, percent, name = '', sign, limit = ''] = percentile
    return {
      kind: 'percentile',
      field: name,
      percent: percentOf(percent),
      order: orderOf(sign),
      limit: parseQuantity(limit),
      least,
    }
  }
  const share =
    new RegExp(`^share of (.+) ${order} (.+)$`, 'i').exec(text) ??
    new RegExp(`^(.+) share ${order} (.+)$`, 'i').exec(text) ??
    new RegExp(`^(.+) ${order} ([0-9.]+ ?%)$`, 'i').exec(text)
  if (share) {
    const [, subject, sign, value = ''] = share
    return {
      kind: 'ratio',
      of: subjectOf(subject),
      base: anyRecord,
      bound: { order: orderOf(sign), value: shareOf(value) },
      least,
    }
  }
  const count =
    new RegExp(`^count of (.+) ${order} (.+)$`, 'i').exec(text) ??
    new RegExp(`^(.+) count ${order} (.+)$`, 'i').exec(text) ??
    new RegExp(`^([1-5]xx|lines|requests) ${order} (.+)$`, 'i').exec(text)
  if (count) {
    const [, subject, sign, value = ''] = count
    return { kind: 'count', of: subjectOf(subject), bound: { order: orderOf(sign), value: countOf(value) } }
  }
  const threshold = new RegExp(
    `^(${field}) ${order} (.+?)(?: for (?:(\\d+) of (\\d+)|(\\d+(?:\\.\\d+)? ?%)(?: of .*)?))?$`,
    'i',
  ).exec(text)
  return threshold ? thresholdOf(threshold, least) : undefined
}

function thresholdOf([, name = '', sign, limit = '', hits, last, share]: RegExpExecArray, least: number): Measure {
  return {
    kind: 'threshold',
    field: name,
    order: orderOf(sign),
    limit: parseQuantity(limit),
    ...(hits !== undefined && last !== undefined && { times: timesOf(Number(hits), Number(last)) }),
    ...(share !== undefined && { share: { value: shareOf(share), least } }),
  }
}

const maxLast = 10_000

/** @throws RuleFault */
export function timesOf(hits: number, last: number): { readonly hits: number; readonly last: number } {
  if (hits < 1 || last < hits || last > maxLast) {
    throw new RuleFault(
      `${hits} of ${last} is not possible`,
      `the first is at least 1, the second not less, and at most ${maxLast}`,
    )
  }
  return { hits, last }
}

/** From 0 to 1. @throws RuleFault */
export function shareOf(text: string): number {
  const [, digits] = /^(\d+(?:\.\d+)?) ?%$/.exec(text.trim()) ?? []
  if (digits === undefined || Number(digits) > 100)
    throw new RuleFault(`'${text}' is no share`, 'write a number of per cent: 10 %')
  return Number(digits) / 100
}

/** @throws RuleFault */
export function percentOf(text: string | undefined): number {
  const percent = Number(text)
  if (!(percent > 0 && percent <= 100)) throw new RuleFault(`there is no percentile ${text}`, 'write p50, p99 or p99.9')
  return percent
}

function countOf(text: string): number {
  if (!/^\d+$/.test(text)) throw new RuleFault(`'${text}' is no number of lines`, 'write `5xx count > 50 over 1m`')
  return Number(text)
}

const subjectOf = (text: string | undefined): Condition => (text === undefined ? anyRecord : parseCondition(text))

function orderOf(text: string | undefined): Order {
  if (text === 'above') return '>'
  return text === 'below' ? '<' : (orders.find(each => each === text) ?? '>')
}

function timeOf(text: string | undefined): number {
  try {
    return parseDuration(text ?? '')
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
    throw new RuleFault(error.message, error.hint)
  }
}

const words = ['share', 'count', 'over', 'matches', 'at', 'least', 'for', 'above', 'below', 'nothing', 'requests', 'lines']

function noForm(text: string): RuleFault {
  const close = closeWord(text)
  return new RuleFault(`'${text}' is no rule`, close === undefined ? shortForms : `did you mean ${close}?`)
}

/** The word that one of a text was meant to be. */
function closeWord(text: string): string | undefined {
  for (const word of text.toLowerCase().split(/[\s,]+/)) {
    const close = /^[a-z]{4,}$/.test(word) && !words.includes(word) ? nearest(word, words) : undefined
    if (close) return close
  }
  return undefined
}
