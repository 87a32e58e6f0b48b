import type { Json } from '../core/json.ts'

/** The schema of renderers: none takes a configuration. */
export const noConfig = { type: 'object', properties: {}, additionalProperties: false } as const satisfies Json
