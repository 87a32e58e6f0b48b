import type { z } from 'zod'
import type { Json } from './json.ts'
import { nearest } from './nearest.ts'

/** A wrong parameter of a component, with where it stands in the parameters: whoever read them from a file knows the line. */
export class ParamsError extends Error {
  override readonly name = 'ParamsError'
  readonly path: readonly (string | number)[]
  readonly hint: string | undefined

  constructor(message: string, details: { readonly path: readonly (string | number)[]; readonly hint?: string | undefined }) {
    super(message)
    this.path = details.path
    this.hint = details.hint
  }
}

/** Checks parameters against a schema. @throws ParamsError for the first wrong one, naming the nearest valid key or value */
export function parseParams<S extends z.ZodType>(schema: S, params: Json): z.output<S> {
  const result = schema.safeParse(params)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw issue ? wrongParam(issue, { schema, params }) : new ParamsError('not valid', { path: [] })
}

function wrongParam(issue: z.core.$ZodIssue, { schema, params }: { schema: z.ZodType; params: Json }): ParamsError {
  const path = issue.path.filter(part => typeof part !== 'symbol')
  const name = path.join('.') || 'the parameters'
  const value = JSON.stringify(
    path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : at), params),
  )
  switch (issue.code) {
    case 'unrecognized_keys': {
      const [key = ''] = issue.keys
      const known = path.length === 0 && 'shape' in schema ? Object.keys(schema.shape as object) : []
      const close = nearest(key, known)
      const hint = close ? `did you mean ${close}?` : known.length > 0 ? `there are ${known.join(', ')}` : undefined
      return new ParamsError(`there is no '${[...path, key].join('.')}' here`, { path: [...path, key], hint })
    }
    case 'invalid_value': {
      const values = issue.values.map(String)
      const close = typeof value === 'string' ? nearest(value.replaceAll('"', ''), values) : undefined
      return new ParamsError(`${name}: ${value} is not one of ${values.join(', ')}`, {
        path,
        hint: close && `did you mean ${close}?`,
      })
    }
    case 'invalid_type':
      return new ParamsError(value === undefined ? `${name} is missing` : `${name}: ${value} is not a ${issue.expected}`, {
        path,
      })
    default:
      return new ParamsError(`${name}: ${issue.message}`, { path })
  }
}
