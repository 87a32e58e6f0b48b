import type { z } from 'zod'
import type { CommandEntry, FlagEntry, Program } from '../core/command.ts'
import { OpsError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { nearest } from '../core/nearest.ts'
import { variableOf } from '../surface/flag.ts'

/** Flags and arguments as they were given, by key. */
export type RawInput = Readonly<Record<string, string | boolean | number | readonly string[]>>

/** A value of a configuration file and where it stands. */
export interface ConfigValue {
  readonly value: Json
  /** `file:line:column`. */
  readonly origin: string
}

/** The values of the configuration files, strongest first: by flag name, and by `command.flag` in a command's section. */
export type ConfigValues = ReadonlyMap<string, ConfigValue>

export interface Layered {
  /** Unchecked values by key, for the command's schema. */
  readonly values: Readonly<Record<string, unknown>>
  /** Where each value came from: a flag, a variable or a place in a file. */
  readonly origins: Readonly<Record<string, string>>
}

interface Layers {
  readonly entry: Pick<CommandEntry, 'path' | 'flags' | 'args'>
  readonly program: Program
  readonly raw: RawInput
  readonly env: Readonly<Record<string, string | undefined>>
  readonly config: ConfigValues
}

/** Puts flags over OPSCTL_* variables over configuration files. Defaults are the schema's. */
export function layer({ entry, program, raw, env, config }: Layers): Layered {
  const values: Record<string, unknown> = {}
  const origins: Record<string, string> = {}
  const set = (key: string, value: unknown, origin: string): void => {
    values[key] = value
    origins[key] = origin
  }
  for (const flag of [...program.globals, ...entry.flags]) {
    const section = config.get(`${entry.path.join('.')}.${flag.long}`) ?? config.get(`${entry.path[0]}.${flag.long}`)
    const inFile = section ?? config.get(flag.long)
    const variable = env[variableOf(flag)]
    if (flag.key in raw) set(flag.key, raw[flag.key], `--${flag.long}`)
    else if (flag.commandLineOnly) continue
    else if (variable !== undefined && variable !== '') set(flag.key, fromVariable(flag, variable), variableOf(flag))
    else if (inFile) set(flag.key, fromFile(flag, inFile.value), inFile.origin)
  }
  for (const arg of entry.args) if (arg.key in raw) set(arg.key, raw[arg.key], arg.value ?? arg.long)
  return { values, origins }
}

/**
 * Checks layered values against a schema.
 * @throws OpsError E_USAGE, or E_CONFIG when the first wrong value stands in a file: naming flag, value, origin and nearest choice
 */
export function checked<S extends z.ZodObject>(schema: S, layered: Layered, flags: readonly FlagEntry[]): z.output<S> {
  const result = schema.safeParse(knownTo(schema, layered), readOnce)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw issue ? issueError(issue, layered, flags) : result.error
}

/** Everything that a schema has against layered values, as `checked` would tell the first. */
export function problemsOf(schema: z.ZodObject, layered: Layered, flags: readonly FlagEntry[]): OpsError[] {
  return schema.safeParse(knownTo(schema, layered), readOnce).error?.issues.map(issue => issueError(issue, layered, flags)) ?? []
}

/** zod compiles a parser for each schema, which pays from some hundred inputs on: here there is one, and it costs 4 ms and 2 MiB at every start. */
const readOnce = { jitless: true }

const knownTo = ({ shape }: z.ZodObject, { values }: Layered): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([key]) => key in shape))

function issueError(issue: z.core.$ZodIssue, { values, origins }: Layered, flags: readonly FlagEntry[]): OpsError {
  const key = String(issue.path[0] ?? '')
  const flag = flags.find(candidate => candidate.key === key)
  const origin = origins[key] ?? `--${flag?.long ?? key}`
  const place = isInFile(origin) ? `${origin}: ${flag?.long}` : origin
  const close = flag?.choices && nearest(String(values[key]), flag.choices)
  return new OpsError(isInFile(origin) ? 'E_CONFIG' : 'E_USAGE', `${place}: ${issueText(issue, values[key])}`, {
    data: { flag: flag?.long ?? key, value: values[key] ?? null, origin },
    ...(close && { hint: `did you mean ${close}?` }),
  })
}

/** True for the origin `file:line:column`. */
export const isInFile = (origin: string): boolean => /:\d+:\d+$/.test(origin)

function issueText(issue: z.core.$ZodIssue, value: unknown): string {
  const got =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? `'${value}'` : JSON.stringify(value)
  if (issue.code === 'invalid_value') return `${got} is not one of ${issue.values.join(', ')}`
  if (issue.code === 'too_small' && issue.origin === 'string') return 'is empty'
  if (issue.code === 'too_small') return `${got} is too small: at least ${issue.minimum}`
  if (issue.code === 'too_big') return `${got} is too big: at most ${issue.maximum}`
  if (issue.code === 'invalid_type' && value === undefined) return 'is required'
  if (issue.code === 'invalid_type' && issue.expected === 'boolean') return `${got} is neither true nor false`
  if (issue.code === 'invalid_type') return `${got} is not ${issue.expected === 'int' ? 'a whole number' : `a ${issue.expected}`}`
  return issue.message
}

const yes = /^(1|true|yes|on)$/i
const no = /^(0|false|no|off)$/i

function fromVariable(flag: FlagEntry, text: string): unknown {
  if (flag.kind === 'boolean') return yes.test(text) ? true : no.test(text) ? false : text
  if (flag.kind === 'number' || flag.kind === 'count') return numberOrText(text)
  return flag.kind === 'list' ? [text] : text
}

function fromFile(flag: FlagEntry, value: Json): unknown {
  if (flag.kind === 'list') return (Array.isArray(value) ? value : [value]).map(element => scalarText(element))
  return flag.kind === 'string' ? scalarText(value) : value
}

const scalarText = (value: Json): Json => (typeof value === 'number' ? String(value) : value)
const numberOrText = (text: string): number | string => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text)

/** Numbers of the command line are text until here. */
export function typed(raw: RawInput, flags: readonly FlagEntry[]): RawInput {
  const read: Record<string, RawInput[string]> = { ...raw }
  for (const { kind, key } of flags) if (kind === 'number' && key in raw) read[key] = numberOrText(String(raw[key]))
  return read
}
