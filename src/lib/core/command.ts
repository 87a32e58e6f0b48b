import type { z } from 'zod'
import type { Context } from './context.ts'
import type { Json } from './json.ts'
import type { Result } from './report.ts'

/** What a shell can offer for a value. */
export type Completes = 'targets' | 'groups' | 'files' | 'directories' | 'formats' | 'commands' | 'explainables' | 'none'

declare module 'zod' {
  /** What an option knows besides its schema: `z.string().meta({ short: 't', value: 'SET', description: '…' })`. */
  interface GlobalMeta {
    /** One letter. */
    short?: string
    /** Placeholder in help, upper case. */
    value?: string
    /** Heading in help. */
    group?: string
    completes?: Completes
    /** A positional argument and not a flag; order of keys is order of arguments, a list takes the rest. */
    positional?: boolean
    /** Only on the command line: neither a configuration file nor the environment may set it. */
    commandLineOnly?: boolean
    /** How the default reads in help, where the schema's own default is not enough. */
    shownDefault?: string
  }
}

export interface Example {
  /** Without the leading `opsctl `. A test parses it with the real parser. */
  readonly line: string
  readonly does: string
}

/**
 * For commands that do not obey their settings like all others. `forgiven`: runs also where a configuration file is wrong, as if
 * there were none, since it is what one mends that file with. `ignored`: flags alone count, neither files nor variables.
 */
export type Configuration = 'forgiven' | 'ignored'

/** A command as a value: flags, env names, config keys, help, completion, man and reference page derive from it. */
export interface CommandSpec<Input extends z.ZodObject = z.ZodObject> {
  /** Words after `opsctl`. */
  readonly path: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly input: Input
  /** Everything from the first positional argument on belongs to it, flags included. */
  readonly passThrough?: boolean
  /** Changes targets: takes part in locks, undo notices and confirmation. */
  readonly mutates?: boolean
  readonly configuration?: Configuration
  readonly exits: readonly number[]
  readonly examples: readonly Example[]
  run(context: Context, input: z.output<Input>): Promise<Result>
}

export const defineCommand = <Input extends z.ZodObject>(command: CommandSpec<Input>): CommandSpec<Input> => command

/** A flag or argument as plain data, derived from the schema by scripts/registry.ts: help and completion need no more. */
export interface FlagEntry {
  /** Key of the input object. */
  readonly key: string
  /** Long name without dashes. */
  readonly long: string
  readonly short?: string
  readonly kind: 'boolean' | 'string' | 'number' | 'list' | 'count'
  readonly value?: string
  readonly description: string
  readonly group?: string
  readonly choices?: readonly string[]
  readonly default?: string
  readonly completes?: Completes
  readonly required?: boolean
  readonly commandLineOnly?: boolean
  /** What the schema makes of it where it is not given; absent where that is nothing. */
  readonly unset?: Json
  /** The schema takes every value of this kind as it is: of `choices` or `range` where there are such. */
  readonly plain?: true
  /** Whole numbers from the first to the second. */
  readonly range?: readonly [number, number]
}

export interface CommandEntry {
  readonly path: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly args: readonly FlagEntry[]
  readonly flags: readonly FlagEntry[]
  readonly examples: readonly Example[]
  readonly exits: readonly number[]
  readonly passThrough?: boolean
  readonly mutates?: boolean
  readonly configuration?: Configuration
  /** The schema judges each flag for itself: where all that is given is `plain` it need not be asked. */
  readonly plain?: true
  readonly load: () => Promise<{ readonly default: CommandSpec }>
  /** `run` of the command without its schema, for those whose start must not wait for that: COMMAND.run.ts beside the command. */
  readonly loadRun?: () => Promise<{ readonly default: CommandSpec['run'] }>
}

export interface ComponentEntry {
  readonly kind: string
  readonly type: string
  readonly version: string
  readonly summary: string
  readonly stability: string
  readonly internal?: true
  readonly load: () => Promise<{ readonly default: unknown }>
}

/** The command model: all that is known of opsctl's own surface, as data. */
export interface Program {
  readonly version: string
  readonly globals: readonly FlagEntry[]
  readonly commands: readonly CommandEntry[]
  readonly components: readonly ComponentEntry[]
}
