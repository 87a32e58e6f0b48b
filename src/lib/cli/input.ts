import { type Globals, globals, outputTargets } from '../config/globals.ts'
import { type ConfigValues, checked, layer, typed } from '../config/layers.ts'
import type { CommandEntry, CommandSpec } from '../core/command.ts'
import type { Settings } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Outside } from './outside.ts'
import { parseArguments } from './parse.ts'
import { configPaths } from './paths.ts'

export interface ReadInput {
  readonly settings: Settings & { readonly globals: Globals; readonly configFiles: readonly string[] }
  /** The command's input, checked by its own schema. @throws OpsError E_USAGE, E_CONFIG */
  inputFor(command: CommandSpec): never
}

/** Argv, environment and configuration files become checked values. @throws OpsError E_USAGE, E_CONFIG */
export async function readInput(entry: CommandEntry, rest: readonly string[], outside: Outside): Promise<ReadInput> {
  const { program, env } = outside
  const flags = [...program.globals, ...entry.flags]
  const raw = typed(parseArguments(entry, program, rest), flags)
  const named = typeof raw.config === 'string' ? raw.config : env.OPSCTL_CONFIG
  const configFiles = configPaths(outside, named)
  const config = await readConfig(configFiles, named, outside)
  const layered = layer({ entry, program, raw, env, config })
  const values = checked(globals, layered, flags)
  return {
    settings: {
      globals: values,
      configFiles,
      outputs: outputTargets(values),
      verbosity: values.quiet ? -1 : values.verbose,
      mayPrompt: values.input && !env.CI,
      assumeYes: values.yes,
    },
    inputFor: command => checked(command.input, layered, [...flags, ...entry.args]) as never,
  }
}

/** The YAML reader is loaded only when there is a file to read. */
async function readConfig(paths: readonly string[], named: string | undefined, { program, uid }: Outside): Promise<ConfigValues> {
  const { existsSync } = await import('node:fs')
  const present = paths.filter(path => existsSync(path))
  if (named !== undefined && present.length === 0) throw new OpsError('E_CONFIG', `${named}: there is no such configuration file`)
  if (present.length === 0) return new Map()
  const { loadConfig } = await import('../config/load.ts')
  return loadConfig(present, { program, uid })
}
