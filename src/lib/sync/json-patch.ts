import { createPatch } from 'rfc6902'
import type { Json } from '../core/json.ts'

/** From one document to another as a JSON Patch (RFC 6902). */
export const jsonPatch = (before: Json, after: Json): Json =>
  // Plain operations, without the classes of the library.
  JSON.parse(JSON.stringify(createPatch(before, after)))
