import { z } from 'zod'
import { compileSchema } from '../../config/schema-check.ts'
import { ExpressionError } from '../../core/expression.ts'
import type { Json } from '../../core/json.ts'
import { ParamsError } from '../../core/params.ts'
import { unifiedDiff } from '../../core/unified-diff.ts'
import { parsePattern } from './pattern.ts'
import { parseRange } from './version.ts'

/** Why a value is not as it should be. */
export interface Mismatch {
  /** `to be "ok"`. */
  readonly expected: string
  /** `"degraded"`. */
  readonly actual: string
  /** `actual` says what is wrong, in words: there is no value, or not one of it alone. */
  readonly isProblem?: true
  /** Unified, of values of several lines. */
  readonly diff?: string
}

/** Undefined stands for what is not there. */
export type Match = (value: Json | undefined) => Mismatch | undefined

const types = ['string', 'number', 'boolean', 'null', 'array', 'object'] as const

export interface MatcherConfig {
  equals?: Json | undefined
  contains?: Json | undefined
  matches?: string | undefined
  gt?: number | undefined
  gte?: number | undefined
  lt?: number | undefined
  lte?: number | undefined
  len?: number | MatcherConfig | undefined
  type?: (typeof types)[number] | undefined
  exists?: boolean | undefined
  semver?: string | undefined
  schema?: Json | undefined
  each?: MatcherConfig | undefined
  some?: MatcherConfig | undefined
  not?: MatcherConfig | undefined
}

/** Conditions on a value; all of them must hold. */
export const matcherKeys = {
  equals: z.json().optional().describe('the same value'),
  contains: z.json().optional().describe('a text within it, a member of the list, or keys and values that it has'),
  matches: z.string().optional().describe('a regular expression (RE2) that finds something in it'),
  gt: z.number().optional().describe('a number above this'),
  gte: z.number().optional().describe('a number not below this'),
  lt: z.number().optional().describe('a number below this'),
  lte: z.number().optional().describe('a number not above this'),
  get len() {
    return z
      .union([z.int().min(0), Matcher])
      .optional()
      .describe('characters, members or keys: a number, or conditions on it')
  },
  type: z.enum(types).optional(),
  exists: z.boolean().optional().describe('false: it must not be there'),
  semver: z.string().optional().describe("a range of semantic versions: '>=1.2 <2'"),
  schema: z.json().optional().describe('a JSON Schema that it must fit'),
  get each() {
    return Matcher.optional().describe('every member of the list')
  },
  get some() {
    return Matcher.optional().describe('at least one member of the list')
  },
  get not() {
    return Matcher.optional().describe('the opposite')
  },
}
export const Matcher: z.ZodType<MatcherConfig> = z.lazy(() => z.strictObject(matcherKeys))

type Path = readonly (string | number)[]

/** @throws ParamsError with its place below `path` */
export function compileMatcher(config: MatcherConfig, path: Path): Match {
  const matches: Match[] = []
  for (const [key, make] of Object.entries(makers)) {
    const wanted = config[key as keyof MatcherConfig]
    if (wanted !== undefined) matches.push(make(wanted as never, [...path, key]))
  }
  if (config.exists === undefined)
    matches.unshift(value => (value === undefined ? { expected: 'to be there', actual: 'nothing' } : undefined))
  return value => {
    for (const match of matches) {
      const mismatch = match(value)
      if (mismatch) return mismatch
    }
    return undefined
  }
}

const makers: { readonly [K in keyof Required<MatcherConfig>]: (wanted: NonNullable<MatcherConfig[K]>, path: Path) => Match } = {
  exists: wanted => value =>
    (value !== undefined) === wanted ? undefined : { expected: wanted ? 'to be there' : 'not to be there', actual: shown(value) },
  equals: wanted => value =>
    same(value, wanted) ? undefined : { expected: `to be ${shown(wanted)}`, actual: shown(value), ...diffOf(wanted, value) },
  contains: wanted => value =>
    holds(value, wanted) ? undefined : { expected: `to contain ${shown(wanted)}`, actual: shown(value) },
  matches(wanted, path) {
    const pattern = parsed(path, () => parsePattern(wanted))
    return value =>
      value !== undefined && pattern.find(textOf(value)) !== undefined
        ? undefined
        : { expected: `to match ${wanted}`, actual: shown(value) }
  },
  gt: wanted => compared(`to be above ${wanted}`, number => number > wanted),
  gte: wanted => compared(`to be at least ${wanted}`, number => number >= wanted),
  lt: wanted => compared(`to be below ${wanted}`, number => number < wanted),
  lte: wanted => compared(`to be at most ${wanted}`, number => number <= wanted),
  len(wanted, path) {
    const match = compileMatcher(typeof wanted === 'number' ? { equals: wanted } : wanted, path)
    return value => {
      const length = lengthOf(value)
      if (value !== undefined && length === undefined) return { expected: 'to have a length', actual: shown(value) }
      const mismatch = match(length)
      return mismatch && { expected: `its length ${mismatch.expected}`, actual: mismatch.actual }
    }
  },
  type: wanted => value =>
    typeOf(value) === wanted ? undefined : { expected: `to be of the type ${wanted}`, actual: shown(value) },
  semver(wanted, path) {
    const isIn = parsed(path, () => parseRange(wanted))
    return value =>
      value !== undefined && isIn(textOf(value)) === true
        ? undefined
        : { expected: `to be a version ${wanted}`, actual: shown(value) }
  },
  schema(wanted, path) {
    const validate = parsed(path, () => compileSchema(wanted))
    return value => {
      const [first, ...more] = value === undefined ? ['it is not there'] : validate(value)
      return first === undefined
        ? undefined
        : {
            expected: 'to fit the schema',
            actual: `${first}${more.length > 0 ? ` (and ${more.length} more)` : ''}`,
            isProblem: true,
          }
    }
  },
  each(wanted, path) {
    const match = compileMatcher(wanted, path)
    return value => {
      if (!Array.isArray(value)) return { expected: 'to be a list', actual: shown(value) }
      for (const [index, member] of value.entries()) {
        const mismatch = match(member)
        if (mismatch) return { ...mismatch, expected: `each ${mismatch.expected}`, actual: `${mismatch.actual} at ${index}` }
      }
      return undefined
    }
  },
  some(wanted, path) {
    const match = compileMatcher(wanted, path)
    return value => {
      if (!Array.isArray(value)) return { expected: 'to be a list', actual: shown(value) }
      const [first] = value.map(member => match(member))
      return value.some(member => match(member) === undefined)
        ? undefined
        : { expected: `one ${first?.expected ?? 'of its members'}`, actual: shown(value) }
    }
  },
  not(wanted, path) {
    const match = compileMatcher(wanted, path)
    return value => (match(value) === undefined ? { expected: `not ${JSON.stringify(wanted)}`, actual: shown(value) } : undefined)
  },
}

/** Errors of a parser become those of the parameter. */
export function parsed<T>(path: Path, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause)
    const at = cause instanceof ExpressionError && cause.column !== undefined ? ` at character ${cause.column}` : ''
    throw new ParamsError(`${path.join('.')}: ${message}${at}`, { path })
  }
}

const compared =
  (expected: string, holds: (number: number) => boolean): Match =>
  value => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    return typeof number === 'number' && holds(number) ? undefined : { expected, actual: shown(value) }
  }

const maxShown = 120

/** A value on one line. */
export function shown(value: Json | undefined): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

const typeOf = (value: Json | undefined): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

function lengthOf(value: Json | undefined): number | undefined {
  if (typeof value === 'string') return [...value].length
  if (Array.isArray(value)) return value.length
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined
}

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function same(a: Json | undefined, b: Json | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, index) => same(each, b[index]))
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a)
    return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && same(a[key], b[key]))
  }
  return a === b
}

function holds(value: Json | undefined, part: Json): boolean {
  if (typeof value === 'string') return typeof part === 'string' && value.includes(part)
  if (Array.isArray(value))
    return Array.isArray(part)
      ? part.every(each => value.some(member => holdsMember(member, each)))
      : value.some(member => holdsMember(member, part))
  return (
    isObject(value) &&
    isObject(part) &&
    Object.entries(part).every(([key, each]) => Object.hasOwn(value, key) && holdsMember(value[key], each))
  )
}

const holdsMember = (member: Json | undefined, part: Json): boolean => (isObject(part) ? holds(member, part) : same(member, part))

/** Of what has several lines: one line tells it all otherwise. */
function diffOf(wanted: Json, value: Json | undefined): Pick<Mismatch, 'diff'> {
  if (value === undefined) return {}
  const text = (each: Json): string => (typeof each === 'string' ? each : `${JSON.stringify(each, null, 2)}\n`)
  const [expected, actual] = [text(wanted), text(value)]
  if (!expected.trimEnd().includes('\n') && !actual.trimEnd().includes('\n')) return {}
  return { diff: unifiedDiff({ name: 'expected', text: expected }, { name: 'actual', text: actual }) }
}
