import type { CommandEntry, FlagEntry, Program } from '../core/command.ts'
import type { Style } from '../core/component.ts'
import { exitCodes } from '../core/exit.ts'
import { argumentName, flagName, flagText, usageLine } from '../surface/flag.ts'
import { textTable, wrap } from '../surface/text-table.ts'

interface HelpEnv {
  readonly width: number
  readonly style: Style
}

/** What `opsctl` and `opsctl --help` print. */
export function programHelp(program: Program, env: HelpEnv): string {
  const heads = [...new Map(program.commands.map(entry => [entry.path[0] ?? '', entry])).keys()]
  const rows = heads.map((head): [string, string] => {
    const entries = program.commands.filter(entry => entry.path[0] === head)
    const own = entries.find(({ path }) => path.length === 1)
    const verbs = entries.filter(entry => entry !== own).map(({ path }) => path.slice(1).join(' '))
    const more = own && verbs.length > 0 ? [`also ${verbs.join(', ')}`] : verbs.length > 0 ? [verbs.join(', ')] : []
    return [head, [...(own ? [own.summary] : []), ...more].join('; ')]
  })
  const examples = program.commands.flatMap(entry => entry.examples.slice(0, 1)).slice(0, 5)
  return joined([
    'opsctl sees, collects from, changes, secures and proves a fleet over plain SSH.',
    `${env.style.strong('Examples')}\n${exampleLines(examples, env)}`,
    `${env.style.strong('Commands')}\n${textTable(rows, env)}`,
    flagGroups(program.globals, env),
    '`opsctl help COMMAND` tells more; `opsctl explain exit-codes` lists the exit codes.',
  ])
}

/** What `opsctl COMMAND --help` prints: examples first, common flags first, exit codes last. */
export function commandHelp(entry: CommandEntry, program: Program, env: HelpEnv): string {
  return joined([
    `${env.style.strong(usageLine(entry))}`,
    wrap(`${sentence(entry.summary)}${entry.description ? `\n${entry.description}` : ''}`, env.width),
    `${env.style.strong('Examples')}\n${exampleLines(entry.examples, env)}`,
    verbsOf(entry, program, env),
    entry.args.length > 0 && `${env.style.strong('Arguments')}\n${textTable(entry.args.map(argRow), env)}`,
    flagGroups(entry.flags, env),
    flagGroups(program.globals, env),
    `${env.style.strong('Exit codes')}\n${textTable(
      entry.exits.map(code => [String(code), exitSentence(code)]),
      env,
    )}`,
  ])
}

/** Commands that begin with this one: `probe wait` of `probe`. */
function verbsOf({ path }: CommandEntry, program: Program, env: HelpEnv): string | false {
  const below = program.commands.filter(
    entry => entry.path.length > path.length && path.every((word, at) => entry.path[at] === word),
  )
  const rows = below.map((entry): [string, string] => [entry.path.slice(path.length).join(' '), entry.summary])
  return rows.length > 0 && `${env.style.strong('Verbs')}\n${textTable(rows, env)}`
}

/** What `opsctl config --help` prints: the verbs of a group. */
export function groupHelp(words: readonly string[], program: Program, env: HelpEnv): string {
  const entries = program.commands.filter(entry => words.every((word, at) => entry.path[at] === word))
  return joined([
    env.style.strong(`opsctl ${words.join(' ')} VERB`),
    `${env.style.strong('Examples')}\n${exampleLines(
      entries.flatMap(entry => entry.examples.slice(0, 1)),
      env,
    )}`,
    `${env.style.strong('Verbs')}\n${textTable(
      entries.map(entry => [entry.path.slice(words.length).join(' '), entry.summary]),
      env,
    )}`,
  ])
}

const exitSentence = (code: number): string => (exitCodes as Readonly<Record<number, string>>)[code] ?? ''
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

function flagGroups(flags: readonly FlagEntry[], env: HelpEnv): string {
  const groups = Map.groupBy(flags, flag => flag.group ?? 'Flags')
  return [...groups]
    .map(([title, members]) => {
      const rows = members.map((flag): [string, string] => [flagName(flag), flagText(flag)])
      return `${env.style.strong(title)}\n${textTable(rows, env)}`
    })
    .join('\n\n')
}

const argRow = (arg: FlagEntry): [string, string] => [argumentName(arg), flagText(arg)]

function exampleLines(examples: CommandEntry['examples'], { style }: HelpEnv): string {
  return examples.map(({ line, does }) => `  ${style.dim(`# ${does}`)}\n  opsctl ${line}`).join('\n')
}

const joined = (parts: readonly (string | false)[]): string => `${parts.filter(Boolean).join('\n\n')}\n`
