import { existsSync } from 'node:fs'
import type { CommandEntry, FlagEntry } from '../core/command.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { nearest } from '../core/nearest.ts'
import type { Document } from '../core/report.ts'
import { variableOf } from '../surface/flag.ts'
import { type ConfigValues, layer } from './layers.ts'
import { loadConfig } from './load.ts'

export interface ShowRequest {
  /** Words of one command; all commands when empty. */
  readonly command: readonly string[]
  readonly origin: boolean
  /** Only what is not the default. */
  readonly changed: boolean
}

interface Setting {
  readonly name: string
  readonly value: Json
  /** `default`, a variable, or `file:line:column`. */
  readonly origin: string
  readonly variable: string
  /** The commands that it holds for; empty for all. */
  readonly commands: readonly string[]
}

/**
 * Every setting as a command would find it, and where it comes from.
 * @throws OpsError E_CONFIG, E_USAGE for words that are no command
 */
export async function showConfig(context: Context, { command, origin, changed }: ShowRequest): Promise<Document> {
  const { program, paths } = context
  const config = loadConfig(
    paths.config.filter(path => existsSync(path)),
    context,
  )
  const entries = command.length === 0 ? program.commands : [entryOf(context, command)]
  const settings = merged(entries.flatMap(entry => settingsOf(context, entry, config))).filter(
    setting => !changed || setting.origin !== 'default',
  )
  return {
    mime: 'text/plain',
    text: textOf(settings, origin),
    data: { settings: settings.map(setting => ({ ...setting })) },
  }
}

function entryOf({ program }: Context, words: readonly string[]): CommandEntry {
  const name = words.join(' ')
  const entry = program.commands.find(({ path }) => path.join(' ') === name)
  if (entry) return entry
  const close = nearest(
    name,
    program.commands.map(({ path }) => path.join(' ')),
  )
  throw new OpsError('E_USAGE', `'${name}' is not a command`, {
    hint: close ? `did you mean ${close}?` : '`opsctl help` lists them',
  })
}

function settingsOf({ program, env }: Context, entry: CommandEntry, config: ConfigValues): Setting[] {
  const { values, origins } = layer({ entry, program, raw: {}, env, config })
  const name = entry.path.join(' ')
  const setting = (flag: FlagEntry, commands: readonly string[]): Setting => ({
    name: flag.long,
    value: flag.key in values ? (values[flag.key] as Json) : defaultOf(flag),
    origin: origins[flag.key] ?? 'default',
    variable: variableOf(flag),
    commands,
  })
  const settable = (flags: readonly FlagEntry[]): FlagEntry[] => flags.filter(flag => !flag.commandLineOnly)
  return [
    ...settable(program.globals).map(flag => setting(flag, [])),
    ...settable(entry.flags).map(flag => setting(flag, [name])),
  ]
}

/** The registry knows defaults as help shows them; words are an explanation and not a value. */
function defaultOf({ kind, default: text }: FlagEntry): Json {
  if (kind === 'boolean') return text === 'true'
  if (kind === 'list') return text === undefined ? [] : text.split(', ')
  if (kind === 'count') return 0
  if (text === undefined || text.includes(' ')) return null
  return kind === 'number' ? Number(text) : text
}

/** The same setting of several commands as one. */
function merged(settings: readonly Setting[]): Setting[] {
  const same = Map.groupBy(settings, ({ commands, ...rest }) => JSON.stringify([commands.length > 0, rest]))
  return [...same.values()].flatMap(group => {
    const [first] = group
    return first ? [{ ...first, commands: [...new Set(group.flatMap(({ commands }) => commands))] }] : []
  })
}

/** In sections, one for each set of commands, in columns. */
function textOf(settings: readonly Setting[], withOrigin: boolean): string {
  if (settings.length === 0) return 'everything is at its default\n'
  const width = (cell: (setting: Setting) => string): number =>
    Math.min(40, Math.max(...settings.map(setting => cell(setting).length)))
  const widths = { name: width(({ name }) => name), value: width(shown) }
  const sections = Map.groupBy(settings, ({ commands }) => (commands.length === 0 ? 'every command' : commands.join(', ')))
  return [...sections]
    .map(([title, members]) => {
      const lines = members.map(setting => {
        const value = withOrigin ? `${shown(setting).padEnd(widths.value)}  ${setting.origin}` : shown(setting)
        return `  ${setting.name.padEnd(widths.name)}  ${value}\n`
      })
      return `${title}\n${lines.join('')}`
    })
    .join('\n')
}

function shown({ value }: Setting): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return '-'
  return Array.isArray(value) ? value.join(', ') : String(value)
}
