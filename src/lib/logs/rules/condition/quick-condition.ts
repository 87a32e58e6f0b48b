import { nearest } from '../../../core/nearest.ts'
import { parseQuantity } from '../quantity.ts'
import { RuleFault } from '../rule-fault.ts'
import { celCondition } from './cel-condition.ts'
import { compared, contains, equal, type Order, orders, present, statusClass } from './comparisons.ts'
import { allOf, anyRecord, type Condition, not } from './condition.ts'
import { matching } from './pattern-condition.ts'

const everything = ['lines', 'line', 'requests', 'records', 'everything', 'anything']
const forms = 'write `status: 5xx`, `status >= 500`, `level: error`, `message matches /…/` or CEL over fields'
const name = '[A-Za-z_@][A-Za-z0-9_.@-]*'
const comparison = new RegExp(
  `^(${name})\\s*(==|=~|=|:|!=|!~|>=|<=|>|<|not matches\\b|matches\\b|contains\\b|is not\\b|is\\b)\\s*`,
)

/** A condition as people write it: parts joined by `and`; or one in CEL, told by its `&&`, `||`, `!`, calls and `record`. @throws RuleFault */
export function parseCondition(text: string): Condition {
  const trimmed = text.trim()
  if (/&&|\|\||\w\(|\brecord\s*[.[]|^!/.test(withoutQuoted(trimmed))) return celCondition(trimmed)
  const parts: Condition[] = []
  let rest = trimmed
  for (;;) {
    const { condition, length } = parsePart(rest)
    parts.push(condition)
    rest = rest.slice(length).trimStart()
    if (rest === '') return allOf(parts)
    const and = /^and\b\s*/i.exec(rest)
    if (!and) throw new RuleFault(`'${rest}' is not expected in the condition '${trimmed}'`, forms)
    rest = rest.slice(and[0].length)
  }
}

/** A value that stands behind `FIELD:` by itself. */
export function valueCondition(field: string, value: string): Condition {
  const digit = /^([1-5])xx$/i.exec(value)?.[1]
  return digit === undefined ? equal(field, value) : statusClass(field, Number(digit))
}

interface Part {
  readonly condition: Condition
  readonly length: number
}

function parsePart(text: string): Part {
  const alone = /^(\S+)(?=\s*$|\s+and\b)/i.exec(text)?.[1]
  if (alone !== undefined && everything.includes(alone.toLowerCase()))
    return { condition: { ...anyRecord, text: alone }, length: alone.length }
  const digit = /^([1-5])xx$/i.exec(alone ?? '')?.[1]
  if (digit !== undefined) return { condition: statusClass('status', Number(digit)), length: 3 }
  const there = new RegExp(`^has\\s+(${name})`).exec(text)
  if (there) return { condition: present(there[1] ?? ''), length: there[0].length }
  const found = comparison.exec(text)
  if (!found) throw noComparison(text)
  const [before, field = '', operator = ''] = found
  const value = parseValue(text.slice(before.length), operator)
  return { condition: conditionOf(field, operator, value), length: before.length + value.length }
}

interface Value {
  readonly text: string
  readonly isPattern: boolean
  /** As it stands there. */
  readonly length: number
}

function parseValue(text: string, operator: string): Value {
  const pattern = /^\/((?:[^/\\]|\\.)*)\/(i?)/.exec(text)
  const isMatch = operator.endsWith('matches') || operator.endsWith('~')
  if (isMatch && pattern) {
    const [whole, inner = '', flag] = pattern
    const plain = inner.replaceAll('\\/', '/')
    return { text: flag === 'i' ? `(?i)${plain}` : plain, isPattern: true, length: whole.length }
  }
  if (isMatch && text.startsWith('/')) throw new RuleFault(`'${text}' has no closing /`)
  const quoted = /^"([^"]*)"|^'([^']*)'/.exec(text)
  if (quoted) return { text: quoted[1] ?? quoted[2] ?? '', isPattern: false, length: quoted[0].length }
  const bare = /^(?:(?!\s+and\b)[\s\S])*/i.exec(text)?.[0] ?? ''
  if (bare.trim() === '') throw new RuleFault('a condition has nothing to compare with', forms)
  return { text: bare.trim(), isPattern: false, length: bare.length }
}

function conditionOf(field: string, operator: string, { text }: Value): Condition {
  const order = orders.find(each => each === operator)
  if (order !== undefined) return orderOf(field, order, text)
  switch (operator) {
    case 'matches':
    case '=~':
      return matching(field, text)
    case 'not matches':
    case '!~':
      return not(matching(field, text), `${field} not matches /${text}/`)
    case 'contains':
      return contains(field, text)
    case '!=':
    case 'is not':
      return not(valueCondition(field, text), `${field} != ${text}`)
    default:
      return valueCondition(field, text)
  }
}

function orderOf(field: string, order: Order, text: string): Condition {
  return compared(field, order, parseQuantity(text))
}

function noComparison(text: string): RuleFault {
  const [word = ''] = /^\S*/.exec(text) ?? []
  const close = nearest(word.toLowerCase(), [...everything, '5xx', '4xx', '3xx', '2xx'])
  return new RuleFault(`'${text}' is no condition`, close && close !== word ? `did you mean ${close}?` : forms)
}

const withoutQuoted = (text: string): string => text.replaceAll(/"[^"]*"|'[^']*'|\/(?:[^/\\]|\\.)*\//g, '')
