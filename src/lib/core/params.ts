import type { z } from 'zod'
import type { Json } from './json.ts'
import { nearest } from './nearest.ts'
import { withoutCredentials } from './redact.ts'

interface ParamsErrorDetails {
  readonly path: readonly (string | number)[]
  /** What is wrong at `path`: its value, or the key itself, which should not be there. */
  readonly part?: 'key' | 'value'
  readonly hint?: string | undefined
  readonly others?: readonly ParamsError[]
}

/** A wrong parameter of a component, with where it stands in the parameters: whoever read them from a file knows the line. */
export class ParamsError extends Error {
  override readonly name = 'ParamsError'
  readonly path: readonly (string | number)[]
  readonly part: 'key' | 'value'
  readonly hint: string | undefined
  /** What else is wrong in the same parameters. */
  readonly others: readonly ParamsError[]

  constructor(message: string, { path, part = 'value', hint, others = [] }: ParamsErrorDetails) {
    super(message)
    this.path = path
    this.part = part
    this.hint = hint
    this.others = others
  }
}

/** Checks parameters against a schema. @throws ParamsError for the first wrong one with all others, each naming the nearest valid key or value */
export function parseParams<S extends z.ZodType>(schema: S, params: Json): z.output<S> {
  const result = schema.safeParse(params)
  if (result.success) return result.data
  const [first, ...others] = result.error.issues.flatMap(issue => wrongParams(issue, { schema, params }))
  if (!first) throw new ParamsError('not valid', { path: [] })
  throw new ParamsError(first.message, { path: first.path, part: first.part, hint: first.hint, others })
}

interface Checked {
  readonly schema: z.ZodType
  readonly params: Json
}

function wrongParams(issue: z.core.$ZodIssue, { schema, params }: Checked): ParamsError[] {
  const path = issue.path.filter(part => typeof part !== 'symbol')
  const name = path.join('.') || 'the parameters'
  const value = path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : at), params)
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = path.length === 0 && 'shape' in schema ? Object.keys(schema.shape as object) : []
      return issue.keys.map(key => unknownParam([...path, key], known))
    }
    case 'invalid_value': {
      const values = issue.values.map(String)
      const close = typeof value === 'string' ? nearest(value, values) : undefined
      const problem =
        value === undefined ? `${name} is missing` : `${name}: ${JSON.stringify(value)} is not one of ${values.join(', ')}`
      return [new ParamsError(problem, { path, hint: close && `did you mean ${close}?` })]
    }
    case 'invalid_type':
      return [ofWrongType([issue.expected], { path, name, value })]
    case 'invalid_key':
      return [new ParamsError(`${name}: ${inOurManner(issue.issues[0]?.message ?? issue.message, path.at(-1))}`, { path })]
    case 'invalid_union': {
      const [inner] = issue.errors.map(issues => issues.filter(each => each.path.length > 0)).filter(issues => issues.length > 0)
      if (inner) return inner.flatMap(each => wrongParams({ ...each, path: [...path, ...each.path] }, { schema, params }))
      const [own] = issue.errors.flat().filter(({ code }) => code === 'custom')
      if (own) return wrongParams({ ...own, path }, { schema, params })
      const expected = issue.errors.flat().flatMap(each => (each.code === 'invalid_type' ? [each.expected] : []))
      const hasOwnWords = issue.message !== 'Invalid input'
      if (value === undefined || (expected.length > 0 && !hasOwnWords)) return [ofWrongType(expected, { path, name, value })]
      return [new ParamsError(`${name}: ${inOurManner(issue.message, value)}`, { path })]
    }
    default:
      return [new ParamsError(`${name}: ${inOurManner(issue.message, value)}`, { path })]
  }
}

const maxShown = 60

/** A rule's own words begin with `is`; the library's with a capital. */
function inOurManner(message: string, value: unknown): string {
  if (!message.startsWith('is ') || typeof value === 'object') return message.charAt(0).toLowerCase() + message.slice(1)
  const text = JSON.stringify(typeof value === 'string' ? withoutCredentials(value) : value)
  return `${text.length > maxShown ? `${text.slice(0, maxShown)}…` : text} ${message}`
}

function unknownParam(path: readonly (string | number)[], known: readonly string[]): ParamsError {
  const close = nearest(String(path.at(-1)), known)
  const hint = close ? `did you mean ${close}?` : known.length > 0 ? `there are ${known.join(', ')}` : undefined
  return new ParamsError(`there is no '${path.join('.')}' here`, { path, part: 'key', hint })
}

interface Param {
  readonly path: readonly (string | number)[]
  readonly name: string
  readonly value: unknown
}

function ofWrongType(expected: readonly string[], { path, name, value }: Param): ParamsError {
  if (value === undefined) return new ParamsError(`${name} is missing`, { path })
  const types = expected.map(type => typeWords[type] ?? `a ${type}`).join(' or ')
  // YAML reads `mode: 0644` as a number and `value: true` as a truth value.
  const unquoted = expected.includes('string') && (typeof value === 'number' || typeof value === 'boolean')
  const hint = unquoted ? 'put it in quotes' : undefined
  return new ParamsError(`${name}: ${JSON.stringify(value)} is not ${types}`, { path, hint })
}

const typeWords: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'keys and values',
  record: 'keys and values',
  int: 'a whole number',
  boolean: 'true or false',
}
