import type { Json } from '../../core/json.ts'

// What the JSON Schemas of change files and playbooks have in common.

export type JsonObject = { readonly [key: string]: Json }

export const described = (description: string, schema: JsonObject): JsonObject => ({ description, ...schema })

/** An object with these properties and no others. */
export const closed = (properties: JsonObject, required: readonly string[] = []): JsonObject => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
  additionalProperties: false,
})

export const text: JsonObject = { type: 'string', minLength: 1 }

/** A duration, such as 30s; 0 needs no unit. */
export const time: JsonObject = { type: ['string', 'number'] }

/** Hosts as one node set or several. */
export const targets: JsonObject = { anyOf: [text, { type: 'array', items: text, minItems: 1 }] }

/** Of a change or a playbook. */
export const title: JsonObject = { type: 'string', minLength: 1, maxLength: 200 }
