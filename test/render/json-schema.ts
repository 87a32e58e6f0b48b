import type { Json } from '../../src/lib/core/json.ts'

/**
 * Where a value does not fit a JSON Schema, as `path: why`. Knows the keywords of report-schema.ts and refuses others. Stricter
 * than JSON Schema in one thing: a key that the schema does not name is a misfit.
 */
export function misfits(value: unknown, root: Json): string[] {
  return check(value, object(root), '$', object(root))
}

type Schema = { readonly [key: string]: Json }

const known = new Set(
  '$schema title description $defs $ref type const enum required properties additionalProperties items minimum maximum pattern format'.split(
    ' ',
  ),
)

function check(value: unknown, schema: Schema, path: string, root: Schema): string[] {
  for (const key of Object.keys(schema)) if (!known.has(key)) throw new Error(`${path}: keyword ${key} is not known here`)
  const { $ref } = schema
  if (typeof $ref === 'string') return check(value, resolve($ref, root), path, root)
  if ('const' in schema && value !== schema['const']) return [`${path}: not ${JSON.stringify(schema['const'])}`]
  if (Array.isArray(schema['enum']) && !schema['enum'].includes(value))
    return [`${path}: ${JSON.stringify(value)} is not in the list`]
  const { type } = schema
  if (type !== undefined && ![type].flat().some(one => isOf(value, one))) return [`${path}: not of type ${JSON.stringify(type)}`]
  if (Array.isArray(value))
    return value.flatMap((inner, at) => check(inner, object(schema['items'] ?? {}), `${path}[${at}]`, root))
  if (typeof value === 'object' && value !== null) return checkMembers(value, schema, path, root)
  return checkScalar(value, schema, path)
}

function checkMembers(value: object, schema: Schema, path: string, root: Schema): string[] {
  const properties = object(schema['properties'] ?? {})
  const others = schema['additionalProperties']
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const missing = required.filter(key => !(String(key) in value)).map(key => `${path}: ${key} is missing`)
  const inner = Object.entries(value).flatMap(([key, member]) => {
    const known = properties[key] ?? others
    if (known === true) return []
    return known === undefined ? [`${path}: ${key} is not in the schema`] : check(member, object(known), `${path}.${key}`, root)
  })
  return [...missing, ...inner]
}

function checkScalar(value: unknown, { minimum, maximum, pattern, format }: Schema, path: string): string[] {
  if (typeof value === 'number' && typeof minimum === 'number' && value < minimum) return [`${path}: less than ${minimum}`]
  if (typeof value === 'number' && typeof maximum === 'number' && value > maximum) return [`${path}: more than ${maximum}`]
  if (typeof value === 'string' && typeof pattern === 'string' && !new RegExp(pattern).test(value))
    return [`${path}: not like ${pattern}`]
  if (format === 'date-time' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(value)))
    return [`${path}: not RFC 3339 in UTC`]
  return []
}

function isOf(value: unknown, type: Json): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}

function resolve(ref: string, root: Schema): Schema {
  return ref
    .split('/')
    .slice(1)
    .reduce<Schema>((at, key) => object(at[key] ?? null), root)
}

function object(value: Json): Schema {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not a schema')
  return value as Schema
}
