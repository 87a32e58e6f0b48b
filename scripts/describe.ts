import { z } from 'zod'
import type { CommandEntry, CommandSpec, FlagEntry } from '../src/lib/core/command.ts'
import type { Json } from '../src/lib/core/json.ts'

/** A command as the plain data of the registry. */
export function describeCommand(command: CommandSpec): Omit<CommandEntry, 'load'> {
  const { path, summary, description, input, examples, exits, passThrough, mutates, configuration } = command
  return {
    path,
    summary,
    ...(description && { description }),
    ...describeInput(input),
    ...(isPlainObject(input) && { plain: true as const }),
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
    ...unset(type),
    ...plainness(type),
  }
}

/** Whether each field is judged for itself, and what becomes of one that is not given can be written down. */
export function isPlainObject(input: z.ZodObject): boolean {
  const fields = Object.values(input.shape) as z.ZodType[]
  return checksOf(input).length === 0 && fields.every(field => isJson(field.safeParse(undefined).data))
}

function unset(type: z.ZodType): Pick<FlagEntry, 'unset'> {
  const { data } = type.safeParse(undefined)
  return data === undefined || !isJson(data) ? {} : { unset: data as Json }
}

const isJson = (value: unknown): boolean =>
  value === undefined || typeof value !== 'object'
    ? typeof value !== 'number' || Number.isFinite(value)
    : Bun.deepEquals(JSON.parse(JSON.stringify(value)), value)

/** Only what is certain: a schema of another make is asked itself. */
function plainness(field: z.ZodType): Pick<FlagEntry, 'plain' | 'range'> {
  const type = bare(field)
  const names = checksOf(type)
  if (type instanceof z.ZodNumber) {
    const { minValue, maxValue } = type
    const isWhole = type.isInt && names.every(name => ['number_format', 'greater_than', 'less_than'].includes(name))
    if (!isWhole || !includes(type, minValue) || !includes(type, maxValue)) return {}
    return {
      plain: true,
      range: [Math.max(minValue ?? 0, Number.MIN_SAFE_INTEGER), Math.min(maxValue ?? 0, Number.MAX_SAFE_INTEGER)],
    }
  }
  if (names.length > 0) return {}
  if (type instanceof z.ZodArray) {
    const element = type.element
    return element instanceof z.ZodString && checksOf(element).length === 0 ? { plain: true } : {}
  }
  return type instanceof z.ZodString || type instanceof z.ZodBoolean || type instanceof z.ZodEnum ? { plain: true } : {}
}

/** Bounds that belong to the range themselves. */
const includes = (type: z.ZodNumber, bound: number | null): boolean =>
  bound !== null && (type.safeParse(bound).success || Math.abs(bound) > Number.MAX_SAFE_INTEGER)

/** Without what only says that it may be absent. */
function bare(type: z.ZodType): z.ZodType {
  return type instanceof z.ZodOptional || type instanceof z.ZodDefault || type instanceof z.ZodPrefault
    ? bare(type.unwrap() as z.ZodType)
    : type
}

const checksOf = (type: z.ZodType): string[] => (type.def.checks ?? []).map(check => check._zod.def.check)

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
