import { existsSync } from 'node:fs'
import type { Globals } from '../config/globals.ts'
import { type ConfigValues, checked, type Layered, layer, type RawInput, typed } from '../config/layers.ts'
import { outputTargets } from '../config/output-targets.ts'
import { plainInput } from '../config/plain-input.ts'
import type { CommandEntry, CommandSpec, FlagEntry } from '../core/command.ts'
import type { Settings } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Outside } from './outside.ts'
import { configPaths } from './paths.ts'
import { plainArguments } from './plain-arguments.ts'

export interface ReadInput {
  readonly settings: Settings & { readonly globals: Globals; readonly configFiles: readonly string[] }
  /** The values before the command's schema has seen them. */
  readonly layered: Layered
  /** The command's input where it is plain: what its schema would make of it. */
  readonly plain: Readonly<Record<string, unknown>> | undefined
  /** The command's input, checked by its own schema. @throws OpsError E_USAGE, E_CONFIG */
  inputFor(command: CommandSpec): never
}

/** Argv, environment and configuration files become checked values. @throws OpsError E_USAGE, E_CONFIG */
export async function readInput(entry: CommandEntry, rest: readonly string[], outside: Outside): Promise<ReadInput> {
  const { program } = outside
  const given = plainArguments(entry, program, rest) ?? (await import('./parse.ts')).parseArguments(entry, program, rest)
  return layInput(entry, given, outside)
}

/** The same for flags that are parsed already. @throws OpsError E_USAGE, E_CONFIG */
export async function layInput(entry: CommandEntry, given: RawInput, outside: Outside): Promise<ReadInput> {
  const { program } = outside
  const env = entry.configuration === 'ignored' ? {} : outside.env
  const flags = [...program.globals, ...entry.flags]
  const raw = typed(given, flags)
  const named = typeof raw.config === 'string' ? raw.config : env.OPSCTL_CONFIG || undefined
  const configFiles = configPaths(outside, named)
  const config = await readConfig(configFiles, { named, entry, outside })
  const layered = layer({ entry, program, raw, env, config })
  const forgiven = (error: unknown): Layered => {
    if (!isForgiven(entry, error)) throw error
    return layer({ entry, program, raw, env, config: new Map() })
  }
  const plain = entry.plain ? plainInput([...entry.flags, ...entry.args], layered) : undefined
  return {
    settings: {
      ...(await settingsOf(layered, outside).catch(error => settingsOf(forgiven(error), outside))),
      configFiles,
    },
    layered,
    plain,
    inputFor: command => {
      const read = (each: Layered): never => checked(command.input, each, [...flags, ...entry.args]) as never
      try {
        return read(layered)
      } catch (error) {
        return read(forgiven(error))
      }
    },
  }
}

async function settingsOf(layered: Layered, { program, env }: Outside): Promise<Omit<ReadInput['settings'], 'configFiles'>> {
  const values = await globalsOf(layered, program.globals)
  return {
    globals: values,
    outputs: outputTargets(values, { program, origin: layered.origins.output ?? '--output' }),
    verbosity: values.quiet ? -1 : values.verbose,
    mayPrompt: values.input && !env.CI,
    assumeYes: values.yes,
  }
}

/** @throws OpsError E_USAGE, E_CONFIG */
async function globalsOf(layered: Layered, flags: readonly FlagEntry[]): Promise<Globals> {
  const plain = plainInput(flags, layered)
  // What the schema would make of it, as `plain` in the registry says.
  if (plain !== undefined) return plain as Globals
  return checked((await import('../config/globals.ts')).globals, layered, flags)
}

/** Commands that help to mend a configuration go on without it. */
const isForgiven = (entry: CommandEntry, error: unknown): boolean =>
  entry.configuration === 'forgiven' && error instanceof OpsError && error.code === 'E_CONFIG'

interface ReadConfig {
  readonly named: string | undefined
  readonly entry: CommandEntry
  readonly outside: Outside
}

/** The YAML reader is loaded only when there is a file to read. */
async function readConfig(paths: readonly string[], { named, entry, outside }: ReadConfig): Promise<ConfigValues> {
  const present = entry.configuration === 'ignored' ? [] : paths.filter(path => existsSync(path))
  try {
    if (named !== undefined && !paths.some(path => existsSync(path))) {
      throw new OpsError('E_CONFIG', `${named}: there is no such configuration file`)
    }
    if (present.length === 0) return new Map()
    const { loadConfig } = await import('../config/load.ts')
    return loadConfig(present, outside)
  } catch (error) {
    if (!isForgiven(entry, error)) throw error
    return new Map()
  }
}
