import { type Expression, ExpressionError, parseExpression } from '../../../core/expression.ts'
import { nearest } from '../../../core/nearest.ts'
import { type ChangeNode, shown } from '../../../plan/file/node.ts'
import { type Pattern, parsePattern } from '../../../probe/index.ts'
import type { Field } from './field.ts'

/** What nobody may see. */
export interface Hidden {
  readonly secret: string
}

export const text = (absent = ''): Field<string> => ({
  absent,
  read: node => written(node),
  tell: value => value || undefined,
})

/** Not empty where it is told of. */
export const secret = (): Field<Hidden | undefined> => ({
  absent: undefined,
  read(node) {
    const value = written(node)
    return value === undefined ? undefined : { secret: value }
  },
  tell: value => (value === undefined ? undefined : '<secret>'),
})

/** Text, or any bytes (`!!binary`, base64). */
export const bytes = (): Field<Buffer> => ({
  absent: Buffer.alloc(0),
  read(node) {
    // The tag makes an object, which is no JSON.
    const value: unknown = node.value
    if (value instanceof Uint8Array) return Buffer.from(value)
    const plain = written(node)
    return plain === undefined ? undefined : Buffer.from(plain)
  },
  tell: value => (value.length === 0 ? undefined : value.toString()),
})

/** The words of YAML 1.1, which blackbox_exporter takes too. */
const words: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  y: true,
  false: false,
  no: false,
  off: false,
  n: false,
}

export const flag = (absent: boolean): Field<boolean> => ({
  absent,
  read(node) {
    const value = written(node)
    if (value === undefined) return undefined
    return words[value.toLowerCase()] ?? node.wrong(`${node.key} must be true or false, not ${shown(value)}`)
  },
  tell: value => value,
})

export const integer = ({ absent = 0, least, most }: { absent?: number; least: number; most: number }): Field<number> => ({
  absent,
  read(node) {
    const value = written(node)
    if (value === undefined) return undefined
    const number = /^[-+]?\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (number >= least && number <= most) return number
    return node.wrong(`${node.key} must be a whole number from ${least} to ${most}, not ${value}`)
  },
  tell: value => value || undefined,
})

/** One of several words; the first is meant where the key is absent. */
export const choice = <W extends string>(...choices: readonly [W, ...W[]]): Field<W> => ({
  absent: choices[0],
  read(node) {
    const value = written(node)
    if (value === undefined) return undefined
    const chosen = choices.find(each => each === value)
    if (chosen !== undefined) return chosen
    const named = choices.filter(each => each !== '')
    const close = nearest(value, named)
    return node.wrong(`${node.key} can not be ${shown(value)}`, {
      hint: close ? `did you mean ${close}?` : `there are ${shortList(named)}`,
    })
  },
  tell: value => value || undefined,
})

const maxListed = 20
const shortList = (all: readonly string[]): string =>
  all.length > maxListed ? `${all.slice(0, maxListed).join(', ')}, …` : all.join(', ')

const nanoseconds: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A duration as Go writes it, `1m30s`; milliseconds. */
export const duration = (): Field<number> => ({
  absent: 0,
  read(node) {
    const value = written(node)
    if (value === undefined || value === '0') return value === undefined ? undefined : 0
    const total = summed(value, /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g, nanoseconds)
    if (total !== undefined) return total
    const hint = /^\d+$/.test(value) ? `did you mean ${value}s?` : 'write 500ms, 5s or 1m30s'
    return node.wrong(`${node.key} must be a duration, not ${shown(value)}`, { hint })
  },
  tell: value => (value === 0 ? undefined : `${value / 1000}s`),
})

const sizes: Readonly<Record<string, number>> = Object.fromEntries(
  ['', 'K', 'M', 'G', 'T', 'P'].flatMap((unit, power) => [`${unit}B`, `${unit}iB`].map(name => [name, 1024 ** power])),
)

/** A size, all of whose units are powers of 1024; bytes, 0 is no limit. */
export const size = (): Field<number> => ({
  absent: 0,
  read(node) {
    const value = written(node)
    if (value === undefined || value === '0') return value === undefined ? undefined : 0
    const total = summed(value, /(\d+(?:\.\d+)?)([KMGTP]?i?B)/g, sizes)
    return total ?? node.wrong(`${node.key} must be a size, not ${shown(value)}`, { hint: 'write 512KB or 10MB' })
  },
  tell: value => (value === 0 ? undefined : `${value}B`),
})

/** Figures with units, one after the other; undefined where anything else is between. */
function summed(value: string, part: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  const parts = [...value.matchAll(part)]
  if (parts.length === 0 || parts.map(([all]) => all).join('') !== value) return undefined
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? 0), 0)
}

/** A regular expression of RE2, in which `^` and `$` are the ends of the text. */
export const pattern = (): Field<Pattern> => ({
  absent: parsePattern('', { multiline: false }),
  read(node) {
    const value = written(node)
    if (value === undefined) return undefined
    try {
      return parsePattern(value, { multiline: false })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return node.wrong(`${node.key}: ${shown(value)} is not a regular expression: ${why}`, {
        hint: 'write it in the syntax of RE2',
      })
    }
  },
  tell: value => value.text,
})

/** A condition in CEL over `body`. */
export const condition = (): Field<Expression | undefined> => ({
  absent: undefined,
  read(node) {
    const value = written(node)
    if (value === undefined) return undefined
    try {
      return parseExpression(value, ['body'])
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error
      return node.wrong(`${node.key}: ${shown(value)} is not a condition in CEL: ${error.message}`)
    }
  },
  tell: value => value?.text,
})

function written(node: ChangeNode): string | undefined {
  const { value } = node
  return typeof value === 'string' ? value : node.wrong(`${node.key} must be a text, not ${shown(value)}`)
}
