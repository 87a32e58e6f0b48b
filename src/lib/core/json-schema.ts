import { z } from 'zod'
import type { Json } from './json.ts'

/** JSON Schema of what people write for a zod schema: for `explain`, docs and editors. */
export function jsonSchemaOf(schema: z.ZodType): Json {
  // Through text: zod's type of it allows values that are not JSON.
  return JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io: 'input' })))
}
