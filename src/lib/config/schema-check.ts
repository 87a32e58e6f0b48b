import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Json } from '../core/json.ts'

/** What a document has against it; empty for a valid one. */
export type Validate = (document: Json) => readonly string[]

/** A JSON Schema (2020-12 and what earlier ones share with it). @throws Error that says why it is none */
export function compileSchema(schema: Json): Validate {
  const errorsOf = compiled(schema, { allErrors: true })
  return document => errorsOf(document).map(wordsOf)
}

/** The first thing that a document has against it, and where: keys and indexes from its root. */
export interface SchemaFault {
  readonly path: readonly string[]
  /** With the path: `/items/3 must have …`. */
  readonly problem: string
  /** What of the schema it is against, in words that are the same for every document: `#/properties/status/type: must be integer`. */
  readonly rule: string
}

/** As compileSchema, for large documents: looks no further than to the first fault. */
export function compileFirstFault(schema: Json): (document: Json) => SchemaFault | undefined {
  const errorsOf = compiled(schema, { allErrors: false })
  return document => {
    const [error] = errorsOf(document)
    return error && { path: keysOf(error.instancePath), problem: wordsOf(error), rule: ruleOf(error) }
  }
}

/** Of a JSON Pointer (RFC 6901). */
const keysOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))

function compiled(schema: Json, options: { readonly allErrors: boolean }): (document: Json) => readonly ErrorObject[] {
  const ajv = new Ajv2020({ ...options, strict: false, validateSchema: true })
  addFormats.default(ajv)
  const isValid = ajv.compile(withoutDialect(schema) as object | boolean)
  return document => (isValid(document) ? [] : (isValid.errors ?? []))
}

/** Drafts before 2020-12 are read as it: what differs (tuples) is rare, and an unknown dialect would be refused. */
function withoutDialect(schema: Json): Json {
  if (typeof schema !== 'object' || schema === null || !('$schema' in schema)) return schema
  const { $schema: _, ...rest } = schema
  return rest
}

function wordsOf({ instancePath, message = 'is not valid', keyword, params }: ErrorObject): string {
  const place = instancePath === '' ? 'it' : instancePath
  if (keyword === 'additionalProperties') return `${place} has an unknown key '${params['additionalProperty']}'`
  if (keyword === 'enum') return `${place} must be one of ${params['allowedValues'].join(', ')}`
  return `${place} ${message}`
}

/** Some messages end with what is wrong in this document. */
const ruleOf = ({ schemaPath, message = 'is not valid' }: ErrorObject): string =>
  `${schemaPath}: ${message.replace(/ \(items ##.*/, '')}`
