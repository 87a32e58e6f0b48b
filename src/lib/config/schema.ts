import type { FlagEntry } from '../core/command.ts'
import type { Context } from '../core/context.ts'
import type { Json } from '../core/json.ts'
import type { Document } from '../core/report.ts'
import { sectionsOf, settableFlags } from './sections.ts'

type JsonObject = Readonly<Record<string, Json>>

/** JSON Schema of a configuration file, for editors: made from the flags of all commands. */
export async function configSchema({ program }: Pick<Context, 'program'>): Promise<Document> {
  const top = settableFlags([...program.globals, ...program.commands.flatMap(({ flags }) => flags)])
  const sections = [...sectionsOf(program)].map(([name, flags]): [string, Json] => [name, section(name, flags)])
  const schema: JsonObject = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'opsctl configuration',
    description: `Settings of opsctl ${program.version}: flags by their long names, for all commands or in the section of one.`,
    ...object([...properties(top), ...sections]),
  }
  return { mime: 'application/schema+json', text: `${JSON.stringify(schema, null, 2)}\n`, data: schema }
}

const section = (name: string, flags: ReadonlyMap<string, FlagEntry>): JsonObject => ({
  description: `For opsctl ${name} alone.`,
  ...object(properties(flags), ['object', 'null']),
})

const object = (members: readonly [string, Json][], type: Json = 'object'): JsonObject => ({
  type,
  properties: Object.fromEntries(members),
  additionalProperties: false,
})

const properties = (flags: ReadonlyMap<string, FlagEntry>): [string, Json][] =>
  [...flags].map(([name, flag]) => [name, { description: flag.description, ...shape(flag) }])

function shape(flag: FlagEntry): JsonObject {
  switch (flag.kind) {
    case 'boolean':
      return { type: 'boolean', default: flag.default === 'true' }
    case 'count':
    case 'number':
      return { type: 'number', ...(flag.default !== undefined && { default: Number(flag.default) }) }
    case 'list':
      return { anyOf: [scalar, { type: 'array', items: scalar }] }
    case 'string':
      return flag.choices ? { enum: flag.choices } : { ...scalar, ...(flag.default !== undefined && { default: flag.default }) }
  }
}

/** A number stands for its text, as in `timeout: 30`. */
const scalar: JsonObject = { type: ['string', 'number'] }
