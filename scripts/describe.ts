import { z } from 'zod'
import type { CommandEntry, CommandSpec, FlagEntry } from '../src/lib/core/command.ts'

/** A command as the plain data of the registry. */
export function describeCommand(command: CommandSpec): Omit<CommandEntry, 'load'> {
  const { path, summary, description, input, examples, exits, passThrough, mutates, configuration } = command
  return {
    path,
    summary,
    ...(description && { description }),
    ...describeInput(input),
    examples,
    exits,
    ...(passThrough && { passThrough }),
    ...(mutates && { mutates }),
    ...(configuration && { configuration }),
  }
}

/** The flags and arguments of a command's input schema as the plain data of the registry. */
export function describeInput(input: z.ZodObject): { args: FlagEntry[]; flags: FlagEntry[] } {
  const args: FlagEntry[] = []
  const flags: FlagEntry[] = []
  for (const [key, field] of Object.entries(input.shape)) {
    const meta = field.meta() ?? {}
    ;(meta.positional ? args : flags).push(describeField(key, field))
  }
  return { args, flags }
}

export const kebab = (key: string): string => key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

function describeField(key: string, field: z.core.$ZodType): FlagEntry {
  const type = field as z.ZodType
  const meta = type.meta() ?? {}
  const schema = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' })
  const kind = kindOf(key, schema)
  const shown = meta.shownDefault ?? shownDefault(schema.default)
  if (!meta.description) throw new Error(`flag ${key} has no description`)
  return {
    key,
    long: kebab(key),
    ...(meta.short && { short: meta.short }),
    kind,
    ...(meta.value && { value: meta.value }),
    description: meta.description,
    ...(meta.group && { group: meta.group }),
    ...(Array.isArray(schema.enum) && { choices: schema.enum.map(String) }),
    ...(shown && { default: shown }),
    ...(meta.completes && { completes: meta.completes }),
    ...(!type.safeParse(undefined).success && { required: true }),
    ...(meta.commandLineOnly && { commandLineOnly: true }),
  }
}

function kindOf(key: string, schema: z.core.JSONSchema.BaseSchema): FlagEntry['kind'] {
  if (schema.type === 'boolean') return 'boolean'
  if (schema.type === 'array') return 'list'
  if (schema.type === 'integer' || schema.type === 'number') return key === 'verbose' ? 'count' : 'number'
  return 'string'
}

function shownDefault(value: unknown): string | undefined {
  if (value === undefined || value === false || value === null || value === '') return undefined
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(', ')
  return String(value)
}
