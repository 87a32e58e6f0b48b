import { OpsError } from '../core/errors.ts'
import type { Command } from '../core/transport.ts'

/** What a Linux kernel takes as one argument (MAX_ARG_STRLEN), and sshd hands the line to the shell as one. */
const maxLineBytes = 131_071

/** Words that a shell reads as grammar where a command is expected. */
const reserved = new Set(
  'if then else elif fi do done case esac while until for in select function time coproc { } [[ ]] !'.split(' '),
)

/**
 * An argument vector as words of a POSIX shell, so that the shell hands on exactly these strings. Quotes stand only where needed.
 * @throws OpsError E_USAGE for NUL and for strings that have no UTF-8 form: no argument can hold them
 */
export function quoteArgv(argv: readonly string[]): string {
  return argv.map((word, index) => (index === 0 && reserved.has(word) ? `'${word}'` : quoteWord(word))).join(' ')
}

/**
 * The line that a POSIX login shell is given. An argv is run with `exec`: no builtin takes the place of the program, and signals
 * reach the program itself. A shell line stands as it was written.
 * @throws OpsError E_USAGE for what no argument or variable can hold, and for more than 128 KiB
 */
export function commandLine(command: Command, env: Readonly<Record<string, string>> = {}): string {
  const line = 'shell' in command ? exports(env) + checked(command.shell) : execLine(withEnv(command.argv, env))
  const bytes = Buffer.byteLength(line)
  if (bytes > maxLineBytes) {
    throw new OpsError('E_USAGE', `the command line has ${bytes} bytes, and a host takes at most ${maxLineBytes}`, {
      hint: 'send it as a script or through stdin',
    })
  }
  return line
}

/** An argv that sets variables and then runs exactly `argv`, also where its first word looks like an assignment. */
export function withEnv(argv: readonly string[], env: Readonly<Record<string, string>>): readonly string[] {
  if (argv[0] === undefined) throw new OpsError('E_USAGE', 'the command is empty', { hint: 'name a program to run' })
  const assignments = Object.entries(env).map(([name, value]) => `${checkedName(name)}=${value}`)
  const exact = argv[0].includes('=') && assignments.length > 0 ? ['sh', '-c', 'exec "$@"', 'sh', ...argv] : argv
  return assignments.length === 0 ? exact : ['env', ...assignments, ...exact]
}

function execLine(argv: readonly string[]): string {
  return `exec ${argv[0]?.startsWith('-') ? '-- ' : ''}${quoteArgv(argv)}`
}

function exports(env: Readonly<Record<string, string>>): string {
  const words = Object.entries(env).map(([name, value]) => `${checkedName(name)}=${quoteWord(value)}`)
  return words.length === 0 ? '' : `export ${words.join(' ')}\n`
}

function quoteWord(word: string): string {
  if (/^[A-Za-z0-9_@%+:,./-]+$/.test(word)) return word
  return `'${checked(word).replaceAll("'", `'\\''`)}'`
}

function checked(text: string): string {
  if (text.includes('\0')) throw new OpsError('E_USAGE', `${JSON.stringify(text)} contains a NUL, which no argument can hold`)
  if (!text.isWellFormed()) throw new OpsError('E_USAGE', `${JSON.stringify(text)} has no UTF-8 form: half of a surrogate pair`)
  return text
}

function checkedName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name
  throw new OpsError('E_USAGE', `'${name}' is not a name of an environment variable`, {
    hint: 'letters, digits and _ only, not starting with a digit',
  })
}
