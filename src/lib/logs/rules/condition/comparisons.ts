import { numberField, type Quantity, quantityText } from '../quantity.ts'
import type { Condition } from './condition.ts'

export const orders = ['>', '>=', '<', '<='] as const
export type Order = (typeof orders)[number]

/** A number that is more or less than a figure. A record without the number does not fit. */
export function compared(field: string, order: Order, bound: Quantity): Condition {
  const { value } = bound
  return {
    text: `${field} ${order} ${quantityText(bound)}`,
    compile: fields => {
      const number = numberField(field, bound.unit, fields)
      switch (order) {
        case '>':
          return line => number(line) > value
        case '>=':
          return line => number(line) >= value
        case '<':
          return line => number(line) < value
        case '<=':
          return line => number(line) <= value
      }
    },
  }
}

/** `5xx`: a number, or a text, of three digits that begins with this one. */
export function statusClass(field: string, digit: number): Condition {
  const least = 100 * digit
  return {
    text: `${field}: ${digit}xx`,
    compile: fields => {
      const at = fields.of(field)
      return line => {
        const status = line.number(at)
        return status >= least && status < least + 100
      }
    },
  }
}

/** A value as text, whether letters of ASCII are capital or not: `level: error` is ERROR, too. */
export function equal(field: string, value: string): Condition {
  const wanted = folded(value)
  const [lower, upper] = [Buffer.from(wanted), Buffer.from(wanted.replaceAll(/[a-z]+/g, letters => letters.toUpperCase()))]
  const size = lower.length
  const isSame = (bytes: Uint8Array, from: number): boolean => {
    for (let k = 0; k < size; k++) if (bytes[from + k] !== lower[k] && bytes[from + k] !== upper[k]) return false
    return true
  }
  return {
    text: `${field}: ${value}`,
    compile: fields => {
      const at = fields.of(field)
      return line => {
        const from = line.start(at)
        if (from < 0) return false
        const length = line.end(at) - from
        if (line.bytes[from] !== quote) return length === size && value !== 'null' && isSame(line.bytes, from)
        if (length === size + 2) return isSame(line.bytes, from + 1)
        // An escape makes it longer, at most six times.
        return length > size + 2 && length <= 6 * size + 2 && folded(line.text(at) ?? '') === wanted
      }
    },
  }
}

const quote = 34

const folded = (text: string): string => text.replaceAll(/[A-Z]+/g, letters => letters.toLowerCase())

export function contains(field: string, part: string): Condition {
  return {
    text: `${field} contains ${part}`,
    compile: fields => {
      const at = fields.of(field)
      return line => line.text(at)?.includes(part) ?? false
    },
  }
}

/** There is such a field, and it is not null. */
export function present(field: string): Condition {
  return {
    text: `has ${field}`,
    compile: fields => {
      const at = fields.of(field)
      return line => line.text(at) !== undefined
    },
  }
}
