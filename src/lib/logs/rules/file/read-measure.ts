import { readTime } from '../../../core/file-fields.ts'
import { type FileNode, shown } from '../../../core/file-node.ts'
import type { Order } from '../condition/comparisons.ts'
import { anyRecord, type Condition } from '../condition/condition.ts'
import { matching } from '../condition/pattern-condition.ts'
import { parseQuantity, type Quantity } from '../quantity.ts'
import type { Bound, Measure } from '../rule.ts'
import { demandKeys, readWhole } from './fields.ts'
import { readCondition } from './read-condition.ts'
import {
  defaultFlood,
  defaultLeast,
  parseShortForm,
  percentOf,
  type ShortForm,
  shareOf,
  shortForms,
  timesOf,
} from './short-form.ts'
import { tried } from './tried.ts'

/** Keys of which a rule has one: it says what is watched. */
export const measureKeys = ['when', 'count', 'ratio', 'percentile', 'threshold', 'absence', 'regex'] as const

const many = { least: 1, most: 1_000_000_000 }

export function readMeasure(rule: FileNode): ShortForm | undefined {
  const [first, second] = measureKeys.filter(key => !rule.child(key).isAbsent)
  if (first === undefined)
    return rule.child('when').wrong(`the rule ${rule.key} does not say what it watches`, { hint: shortForms })
  if (second !== undefined) return rule.child(second).wrong(`a rule has one of ${first} and ${second}`, { part: 'key' })
  const node = rule.child(first)
  if (first === 'when') {
    const text = node.text()
    return text === undefined ? undefined : tried(node, () => parseShortForm(text))
  }
  const members = node.members(`${first}`, hints[first])
  if (!members) return undefined
  demandKeys(members, keys[first], first)
  const measure = readers[first](node)
  return measure && { measure }
}

type Long = Exclude<(typeof measureKeys)[number], 'when'>

const keys: Readonly<Record<Long, readonly string[]>> = {
  count: ['of', 'above', 'below'],
  ratio: ['of', 'base', 'above', 'below', 'at_least'],
  percentile: ['field', 'p', 'above', 'below', 'at_least'],
  threshold: ['field', 'above', 'below', 'times', 'share', 'at_least'],
  absence: ['of', 'for'],
  regex: ['field', 'pattern', 'limit', 'per'],
}

const hints: Readonly<Record<Long, string>> = {
  count: 'write `count: { of: "status: 5xx", above: 50 }`',
  ratio: 'write `ratio: { of: "status: 5xx", above: 10 %, at_least: 100 }`',
  percentile: 'write `percentile: { field: request_time, p: 99, above: 2 s }`',
  threshold: 'write `threshold: { field: request_time, above: 2 s, times: 3 of 5 }`',
  absence: 'write `absence: { of: "path: /health", for: 5m }`',
  regex: 'write `regex: { field: message, pattern: panic, limit: 5, per: 1m }`',
}

const readers: Readonly<Record<Long, (node: FileNode) => Measure | undefined>> = {
  count: node => {
    const of = readOf(node)
    const bound = readBound(node, each => (typeof each.value === 'number' ? each.value : notNumber(each)))
    return of && bound && { kind: 'count', of, bound }
  },
  ratio: node => {
    const of = readOf(node)
    const base = node.child('base').isAbsent ? anyRecord : readCondition(node.child('base'))
    const bound = readBound(node, readShare)
    return of && base && bound && { kind: 'ratio', of, base, bound, least: readLeast(node) }
  },
  percentile: node => {
    const field = needed(node, 'field')?.text('the name of a field')
    const p = needed(node, 'p')
    const percent = p && tried(p, () => percentOf(String(p.value).replace(/^p/, '')))
    const limit = readLimit(node)
    if (field === undefined || percent === undefined || !limit) return undefined
    return { kind: 'percentile', field, percent, ...limit, least: readLeast(node) }
  },
  threshold: node => {
    const field = needed(node, 'field')?.text('the name of a field')
    const limit = readLimit(node)
    const [times, share] = [readTimes(node.child('times')), readShareOf(node)]
    if (!node.child('times').isAbsent && share) return node.child('share').wrong('a threshold has one of times and share')
    if (field === undefined || !limit) return undefined
    return { kind: 'threshold', field, ...limit, ...(times && { times }), ...(share && { share }) }
  },
  absence: node => {
    const of = node.child('of').isAbsent ? anyRecord : readCondition(node.child('of'))
    const time = needed(node, 'for')
    const afterMs = time && readTime(time, 1000)
    return of && afterMs !== undefined ? { kind: 'absence', of, afterMs } : undefined
  },
  regex: node => {
    const field = node.child('field').isAbsent ? 'message' : node.child('field').text('the name of a field')
    const pattern = needed(node, 'pattern')
    const text = pattern?.text('a regular expression')
    const of = pattern && field !== undefined && text !== undefined ? tried(pattern, () => matching(field, text)) : undefined
    const limit = readWhole(node.child('limit'), { least: 1, most: 1000 }) ?? defaultFlood.limit
    const perMs = readTime(node.child('per'), 1000) ?? defaultFlood.perMs
    return of && { kind: 'lines', of, limit, perMs }
  },
}

/** It is told where it is absent. */
function needed(node: FileNode, key: string): FileNode | undefined {
  const child = node.child(key)
  return child.isAbsent ? child.wrong(`${node.key} needs ${key}:`) : child
}

function readOf(node: FileNode): Condition | undefined {
  const of = needed(node, 'of')
  return of && readCondition(of)
}

const readLeast = (node: FileNode): number => readWhole(node.child('at_least'), many) ?? defaultLeast

/** `above:` or `below:`. */
function readSide<T>(
  node: FileNode,
  read: (value: FileNode) => T | undefined,
): { readonly order: Order; readonly value: T } | undefined {
  const [above, below] = [node.child('above'), node.child('below')]
  if (above.isAbsent === below.isAbsent) {
    const problem = above.isAbsent ? `${node.key} needs above: or below:` : `${node.key} has one of above: and below:`
    return (above.isAbsent ? above : below).wrong(problem)
  }
  const side = above.isAbsent ? below : above
  const value = read(side)
  return value === undefined ? undefined : { order: side === above ? '>' : '<', value }
}

const readBound = (node: FileNode, read: (value: FileNode) => number | undefined): Bound | undefined => readSide(node, read)

function readLimit(node: FileNode): { readonly order: Order; readonly limit: Quantity } | undefined {
  const side = readSide(node, each => {
    const text = each.scalar('a number like 500 or 2 s')
    return text === undefined ? undefined : tried(each, () => parseQuantity(text))
  })
  return side && { order: side.order, limit: side.value }
}

function readShare(node: FileNode): number | undefined {
  const text = node.scalar('a share like 10 %')
  return text === undefined ? undefined : tried(node, () => shareOf(text))
}

function readShareOf(node: FileNode): { readonly value: number; readonly least: number } | undefined {
  if (node.child('share').isAbsent) return undefined
  const value = readShare(node.child('share'))
  return value === undefined ? undefined : { value, least: readLeast(node) }
}

function readTimes(node: FileNode): { readonly hits: number; readonly last: number } | undefined {
  if (node.isAbsent) return undefined
  const text = node.text('times like `3 of 5`')
  if (text === undefined) return undefined
  const [, hits, last] = /^(\d+) of (\d+)$/.exec(text) ?? []
  if (hits === undefined) return node.wrong(`'${text}' is not like \`3 of 5\``)
  return tried(node, () => timesOf(Number(hits), Number(last)))
}

const notNumber = (node: FileNode): undefined => node.wrong(`${node.key} must be a number of lines, not ${shown(node.value)}`)
