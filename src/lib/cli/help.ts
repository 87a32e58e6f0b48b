import type { CommandEntry, FlagEntry, Program } from '../core/command.ts'
import type { Style } from '../core/component.ts'
import { exitCodes } from '../core/exit.ts'
import { takesValue } from './find-command.ts'

interface HelpEnv {
  readonly width: number
  readonly style: Style
}

/** What `opsctl` and `opsctl --help` print. */
export function programHelp(program: Program, env: HelpEnv): string {
  const heads = [...new Map(program.commands.map(entry => [entry.path[0] ?? '', entry])).keys()]
  const rows = heads.map((head): [string, string] => {
    const entries = program.commands.filter(entry => entry.path[0] === head)
    const [only] = entries
    return [head, entries.length === 1 && only ? only.summary : entries.map(entry => entry.path.slice(1).join(' ')).join(', ')]
  })
  const examples = program.commands.flatMap(entry => entry.examples.slice(0, 1)).slice(0, 5)
  return joined([
    'opsctl sees, collects from, changes, secures and proves a fleet over plain SSH.',
    `${env.style.strong('Examples')}\n${exampleLines(examples, env)}`,
    `${env.style.strong('Commands')}\n${table(rows, env)}`,
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
    entry.args.length > 0 && `${env.style.strong('Arguments')}\n${table(entry.args.map(argRow), env)}`,
    flagGroups(entry.flags, env),
    flagGroups(program.globals, env),
    `${env.style.strong('Exit codes')}\n${table(
      entry.exits.map(code => [String(code), exitSentence(code)]),
      env,
    )}`,
  ])
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
    `${env.style.strong('Verbs')}\n${table(
      entries.map(entry => [entry.path.slice(words.length).join(' '), entry.summary]),
      env,
    )}`,
  ])
}

export function usageLine(entry: CommandEntry): string {
  const args = entry.args.map(arg => {
    const name = arg.value ?? arg.long.toUpperCase()
    const many = arg.kind === 'list' ? `${name}…` : name
    return arg.required ? many : `[${many}]`
  })
  return ['opsctl', ...entry.path, '[flags]', ...(entry.passThrough ? ['--'] : []), ...args].join(' ')
}

/** `-t, --targets SET` as it is printed everywhere. */
export function flagName(flag: FlagEntry): string {
  const short = flag.short ? `-${flag.short}, ` : '    '
  const negated = flag.kind === 'boolean' && flag.default === 'true' ? 'no-' : ''
  return `${short}--${negated}${flag.long}${takesValue(flag) ? ` ${flag.value ?? 'VALUE'}` : ''}`
}

export function flagText(flag: FlagEntry): string {
  const notes = [
    flag.choices && `one of ${flag.choices.join(', ')}`,
    flag.default && flag.kind !== 'boolean' && flag.default !== '0' && `default ${flag.default}`,
    flag.kind === 'list' && 'repeatable',
  ].filter(Boolean)
  return notes.length > 0 ? `${flag.description} (${notes.join('; ')})` : flag.description
}

const exitSentence = (code: number): string => (exitCodes as Readonly<Record<number, string>>)[code] ?? ''
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

function flagGroups(flags: readonly FlagEntry[], env: HelpEnv): string {
  const groups = Map.groupBy(flags, flag => flag.group ?? 'Flags')
  return [...groups]
    .map(([title, members]) => {
      const rows = members.map((flag): [string, string] => [flagName(flag), flagText(flag)])
      return `${env.style.strong(title)}\n${table(rows, env)}`
    })
    .join('\n\n')
}

const argRow = (arg: FlagEntry): [string, string] => [arg.value ?? arg.long.toUpperCase(), flagText(arg)]

function exampleLines(examples: CommandEntry['examples'], { style }: HelpEnv): string {
  return examples.map(({ line, does }) => `  ${style.dim(`# ${does}`)}\n  opsctl ${line}`).join('\n')
}

function table(rows: readonly (readonly [string, string])[], { width, style }: HelpEnv): string {
  const left = Math.min(30, Math.max(...rows.map(([name]) => name.length), 0))
  return rows
    .map(([name, text]) => {
      const body = wrap(text, Math.max(30, width - left - 4)).replaceAll('\n', `\n${' '.repeat(left + 4)}`)
      return name.length > left
        ? `  ${style.name(name)}\n${' '.repeat(left + 4)}${body}`
        : `  ${style.name(name.padEnd(left))}  ${body}`
    })
    .join('\n')
}

function wrap(text: string, width: number): string {
  return text
    .split('\n')
    .map(paragraph => {
      const lines = ['']
      for (const word of paragraph.split(' ')) {
        const last = lines.at(-1) ?? ''
        if (last !== '' && last.length + 1 + word.length > width) lines.push(word)
        else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
      }
      return lines.join('\n')
    })
    .join('\n')
}

const joined = (parts: readonly (string | false)[]): string => `${parts.filter(Boolean).join('\n\n')}\n`
