import type { CommandEntry, Program } from '../core/command.ts'
import { OpsError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { flagBefore } from '../surface/flag.ts'
import { verbOf } from '../surface/verb.ts'

export interface Found {
  /** Absent when no command was named. */
  readonly command?: CommandEntry
  /** The first words of commands that need a verb: `config` of `config show`. */
  readonly group?: readonly string[]
  /** argv without the words of the command. */
  readonly rest: readonly string[]
  readonly wantsHelp: boolean
  readonly wantsVersion: boolean
}

/** Of a command behind a command, as `routes test` is behind `probe`. */
const maxVerbWords = 2

/**
 * Finds the command in argv with the flags of the registry alone, so that help and version need no parser. Flags may stand before
 * or after the name; a flag's value is never taken for a command; nothing behind `--` is looked at.
 * @throws OpsError E_USAGE for a word that is no command
 */
export function findCommand(program: Program, argv: readonly string[]): Found {
  const rest: string[] = []
  const words: string[] = []
  /** Where in `rest` the words behind the command are. */
  let behind: number[] = []
  let command: CommandEntry | undefined
  let wantsHelp = false
  let wantsVersion = false
  for (let index = 0; index < argv.length; index++) {
    const token = argv[index] ?? ''
    if (token === '--') {
      rest.push(...argv.slice(index))
      break
    }
    if (token === '-h' || token === '--help') wantsHelp = true
    else if (token === '--version' || (token === '-V' && command === undefined)) wantsVersion = true
    else if (token.startsWith('-') && token !== '-') {
      rest.push(token)
      if (flagBefore(token, [...program.globals, ...(command?.flags ?? [])])) rest.push(...argv.slice(++index, index + 1))
    } else if (command === undefined) {
      if (token === 'help' && words.length === 0) {
        wantsHelp = true
        continue
      }
      words.push(token)
      command = commandOf(program, words)
    } else {
      const isNear = behind.length < maxVerbWords
      const verb = isNear ? verbOf(program, command, [...behind.map(at => rest[at] ?? ''), token]) : undefined
      if (verb) {
        command = verb
        for (const at of behind.reverse()) rest.splice(at, 1)
        behind = []
        continue
      }
      behind.push(rest.length)
      rest.push(token)
      if (command.passThrough) {
        rest.push(...argv.slice(index + 1))
        break
      }
    }
  }
  const group = command === undefined && words.length > 0 ? words : undefined
  return { rest, wantsHelp, wantsVersion, ...(command && { command }), ...(group && { group }) }
}

function commandOf(program: Program, words: readonly string[]): CommandEntry | undefined {
  const starting = program.commands.filter(entry => words.every((word, at) => entry.path[at] === word))
  if (starting.length === 0) throw unknownCommand(program, words)
  return starting.find(entry => entry.path.length === words.length)
}

function unknownCommand(program: Program, words: readonly string[]): OpsError {
  const parent = words.slice(0, -1)
  const siblings = program.commands
    .filter(entry => parent.every((word, at) => entry.path[at] === word))
    .map(entry => entry.path[parent.length] ?? '')
  const typed = words.at(-1) ?? ''
  const close = nearest(typed, new Set(siblings))
  const name = ['opsctl', ...parent].join(' ')
  return new OpsError('E_USAGE', `'${typed}' is not a command of ${name}`, {
    hint: close ? `did you mean \`${name} ${close}\`?` : `\`${name} --help\` lists the commands`,
  })
}
