import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Json } from '../core/json.ts'

/** What a document has against it; empty for a valid one. */
export type Validate = (document: Json) => readonly string[]

/** A JSON Schema (2020-12 and what earlier ones share with it). @throws Error that says why it is none */
export function compileSchema(schema: Json): Validate {
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateSchema: true })
  addFormats.default(ajv)
  const isValid = ajv.compile(withoutDialect(schema) as object | boolean)
  return document => {
    if (isValid(document)) return []
    return (isValid.errors ?? []).map(wordsOf)
  }
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
