import type { CommandEntry, FlagEntry, Program } from '../src/lib/core/command.ts'
import { errorCodes } from '../src/lib/core/errors.ts'
import { exitCodes } from '../src/lib/core/exit.ts'
import { reasons } from '../src/lib/core/item.ts'
import { flagName, flagText, usageLine, variableOf } from '../src/lib/surface/flag.ts'
import { allComponents } from './registry.ts'

/** Every generated page of docs/reference, by path. */
export async function referenceFiles(): Promise<[string, string][]> {
  const { commands, globals } = await import('../src/registry.generated.ts')
  const program = { version: '', commands, globals, components: [] } satisfies Program
  return [
    ...commands.map((entry): [string, string] => [`docs/reference/${entry.path.join('-')}.md`, commandPage(entry)]),
    [
      'docs/reference/global-flags.md',
      page('Global flags', 'Every command takes these, before or after its name.', flagTable(globals)),
    ],
    [
      'docs/reference/exit-codes.md',
      page('Exit codes', 'The same for every command. Treat one that is not listed as a failure.', exitTable()),
    ],
    [
      'docs/reference/errors.md',
      page('Error codes', 'Each error says its code; `opsctl explain CODE` prints this.', errorTable()),
    ],
    ['docs/reference/reasons.md', page('Reasons', 'Why an item of a report is not ok: a closed set.', reasonTable())],
    ['docs/reference/components.md', page('Components', 'What can be plugged in, by kind.', await componentTables())],
    ['docs/reference/README.md', page('Reference', 'Generated from the commands and components themselves.', contents(program))],
  ]
}

const page = (title: string, intro: string, body: string): string => `# ${title}\n\n${intro}\n\n${body}\n`

function commandPage(entry: CommandEntry): string {
  const examples = entry.examples.map(({ line, does }) => `# ${does}\nopsctl ${line}`).join('\n\n')
  const parts = [
    `# opsctl ${entry.path.join(' ')}\n\n${capital(entry.summary)}.${entry.description ? ` ${entry.description}` : ''}`,
    `\`\`\`sh\n${examples}\n\`\`\``,
    `    ${usageLine(entry)}`,
    entry.args.length > 0 &&
      `## Arguments\n\n${rows(
        ['argument', 'meaning'],
        entry.args.map(arg => [code(arg.value ?? arg.long), cell(flagText(arg))]),
      )}`,
    `## Flags\n\n${flagTable(entry.flags)}\n\nAnd the [global flags](global-flags.md).`,
    `## Exit codes\n\n${rows(
      ['exit', 'meaning'],
      entry.exits.map(exit => [String(exit), exitSentence(exit)]),
    )}`,
  ]
  return `${parts.filter(Boolean).join('\n\n')}\n`
}

function flagTable(flags: readonly FlagEntry[]): string {
  return rows(
    ['flag', 'meaning', 'variable and setting'],
    flags.map(flag => [
      code(flagName(flag).trim()),
      cell(flagText(flag)),
      flag.commandLineOnly ? 'command line only' : `${code(variableOf(flag))} ${code(flag.long)}`,
    ]),
  )
}

const exitSentence = (exit: number): string => (exitCodes as Readonly<Record<number, string>>)[exit] ?? ''
const exitTable = (): string =>
  rows(
    ['exit', 'meaning'],
    Object.entries(exitCodes).map(([exit, meaning]) => [exit, meaning]),
  )
const reasonTable = (): string =>
  rows(
    ['reason', 'meaning'],
    Object.entries(reasons).map(([reason, meaning]) => [code(reason), cell(meaning)]),
  )

function errorTable(): string {
  const cells = Object.entries(errorCodes).map(([name, { exit, meaning, todo }]) => [
    code(name),
    String(exit),
    cell(meaning),
    cell(todo),
  ])
  return rows(['code', 'exit', 'meaning', 'what to do'], cells)
}

async function componentTables(): Promise<string> {
  const components = await allComponents()
  const kinds = Map.groupBy(components, ({ entry }) => entry.kind)
  return [...kinds]
    .map(([kind, members]) => {
      const table = rows(
        ['type', 'version', 'stability', 'summary'],
        members.map(({ entry }) => [code(entry.type), entry.version, entry.stability, cell(entry.summary)]),
      )
      return `## ${kind}\n\n${table}`
    })
    .join('\n\n')
}

function contents({ commands }: Program): string {
  const pages = commands.map(entry => `- [opsctl ${entry.path.join(' ')}](${entry.path.join('-')}.md): ${entry.summary}`)
  const others = ['global-flags', 'exit-codes', 'errors', 'reasons', 'components'].map(
    name => `- [${capital(name.replace('-', ' '))}](${name}.md)`,
  )
  return [...pages, ...others].join('\n')
}

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``
const cell = (text: string): string => text.replaceAll('|', '\\|')
const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

function rows(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')
}
