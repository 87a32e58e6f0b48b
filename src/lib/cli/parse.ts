import { Command, CommanderError, Option } from 'commander'
import type { RawInput } from '../config/layers.ts'
import type { CommandEntry, FlagEntry, Program } from '../core/command.ts'
import { OpsError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { argumentName } from '../surface/flag.ts'

/**
 * The flags and arguments of one command and the globals, as text by key. Only what was given is there.
 * @throws OpsError E_USAGE naming the flag, its value and the nearest valid one
 */
export function parseArguments(entry: CommandEntry, program: Program, argv: readonly string[]): RawInput {
  const flags = [...entry.flags, ...program.globals]
  const parser = new Command(['opsctl', ...entry.path].join(' '))
    .exitOverride()
    .configureOutput({ writeOut: ignore, writeErr: ignore })
    .helpOption(false)
    .allowExcessArguments(false)
  for (const flag of flags) for (const option of optionsOf(flag)) parser.addOption(option)
  for (const arg of entry.args) parser.argument(argumentSyntax(arg))
  if (entry.passThrough) parser.passThroughOptions()
  try {
    parser.parse([...argv], { from: 'user' })
  } catch (error) {
    throw error instanceof CommanderError ? usageError(error, { entry, flags, extra: parser.args[entry.args.length] }) : error
  }
  return given(parser, entry, flags)
}

const ignore = (): void => {}

function optionsOf(flag: FlagEntry): Option[] {
  const names = flag.short ? `-${flag.short}, --${flag.long}` : `--${flag.long}`
  if (flag.kind === 'boolean') return [new Option(names), new Option(`--no-${flag.long}`)]
  if (flag.kind === 'count') return [new Option(names).argParser((_, before: number | undefined) => (before ?? 0) + 1)]
  const option = new Option(`${names} <${flag.value ?? 'value'}>`)
  return [flag.kind === 'list' ? option.argParser((value, before: string[] | undefined) => [...(before ?? []), value]) : option]
}

function argumentSyntax(arg: FlagEntry): string {
  const name = `${arg.long}${arg.kind === 'list' ? '...' : ''}`
  return arg.required ? `<${name}>` : `[${name}]`
}

function given(parser: Command, entry: CommandEntry, flags: readonly FlagEntry[]): RawInput {
  const raw: Record<string, string | boolean | number | readonly string[]> = {}
  const values: Readonly<Record<string, unknown>> = parser.opts()
  for (const flag of flags) {
    const value = values[camel(flag.long)]
    if (value !== undefined && parser.getOptionValueSource(camel(flag.long)) === 'cli') raw[flag.key] = value as RawInput[string]
  }
  entry.args.forEach((arg, index) => {
    const value: unknown = parser.processedArgs[index]
    if (value !== undefined) raw[arg.key] = value as RawInput[string]
  })
  return raw
}

/** commander's own way from a long name to a property. */
const camel = (long: string): string => long.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

interface Usage {
  readonly entry: CommandEntry
  readonly flags: readonly FlagEntry[]
  /** The first argument that the command does not take. */
  readonly extra: string | undefined
}

function usageError(error: CommanderError, { entry, flags, extra }: Usage): OpsError {
  const command = ['opsctl', ...entry.path].join(' ')
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? ''
  const seeHelp = `\`${command} --help\` lists the flags`
  switch (error.code) {
    case 'commander.unknownOption': {
      const typed = quoted.replace(/^--?/, '').split('=', 1)[0] ?? ''
      const close = nearest(
        typed,
        flags.map(flag => flag.long),
      )
      return new OpsError('E_USAGE', `${command} has no flag ${quoted}`, { hint: close ? `did you mean --${close}?` : seeHelp })
    }
    case 'commander.optionMissingArgument':
      return new OpsError('E_USAGE', `${quoted.replace(/^-\w, /, '').replace(/ <.*/, '')} needs a value`, { hint: seeHelp })
    case 'commander.missingArgument': {
      const missing = entry.args.find(arg => arg.long === quoted)
      const dashes = entry.passThrough ? '; flags go before it, as in `-t web -- uptime`' : ''
      return new OpsError(
        'E_USAGE',
        `${command} needs ${missing ? argumentName(missing) : quoted}: ${missing?.description ?? ''}${dashes}`,
        {
          hint: seeHelp,
        },
      )
    }
    case 'commander.excessArguments':
      return new OpsError('E_USAGE', `${command} takes ${argumentsText(entry)}, so '${extra}' is too much`, { hint: seeHelp })
    default:
      return new OpsError('E_USAGE', error.message.replace(/^error: /, ''), { hint: seeHelp, cause: error })
  }
}

const argumentsText = ({ args }: CommandEntry): string =>
  args.length === 0 ? 'no argument' : `only ${args.map(argumentName).join(' and ')}`
