import type { Program } from '../core/command.ts'
import { causeChain, OpsError, toOpsError } from '../core/errors.ts'
import type { Io } from '../core/io.ts'
import { nearest } from '../core/nearest.ts'
import { redact } from '../core/redact.ts'
import { attached, flagOf } from '../surface/flag.ts'
import { askedColor, askedFormat, isMachineFormat } from './asked.ts'
import { findCommand } from './find-command.ts'
import type { Outside } from './outside.ts'

/** The first word with which the completion scripts ask. */
const completionWord = '__complete'

/**
 * One invocation from argv to exit code: the only place that catches everything. Nothing is loaded that this invocation does not
 * need: help and version come from the registry alone.
 */
export async function dispatch(outside: Outside): Promise<number> {
  try {
    return (await quickAnswer(outside)) ?? (await (await import('./perform.ts')).perform(outside, error => tell(error, outside)))
  } catch (error) {
    return await tell(toOpsError(error), outside)
  }
}

/** `--version`, `--help`, a missing command, and the shell's question for completions. */
async function quickAnswer(outside: Outside): Promise<number | undefined> {
  const { program, argv } = outside
  if (argv[0] === completionWord) return (await import('./complete.ts')).complete(argv.slice(1), outside)
  const { command, group, rest, wantsHelp, wantsVersion } = findCommand(program, argv)
  if (command && !wantsHelp && !wantsVersion) return undefined
  if (!wantsHelp && !wantsVersion) demandKnownFlags(rest, program)
  const io = await outside.io(askedColor(outside), 'directly')
  if (wantsVersion) {
    await io.stdout.write(`opsctl ${program.version}\n`)
    return 0
  }
  const { commandHelp, groupHelp, programHelp } = await import('./help.ts')
  const port = wantsHelp ? io.stdout : io.stderr
  const env = { width: Math.min(port.columns, 120), style: port.style }
  if (command) await port.write(commandHelp(command, program, env))
  else if (group) await port.write(groupHelp(group, program, env))
  else await port.write(programHelp(program, env))
  return wantsHelp ? 0 : 2
}

/** Without a command there are global flags only. @throws OpsError E_USAGE */
function demandKnownFlags(words: readonly string[], { globals }: Program): void {
  const isKnown = (word: string): boolean =>
    flagOf(word, globals) !== undefined || (!word.startsWith('--') && attached(word, globals) !== undefined)
  const stray = words.find(word => word.startsWith('-') && word !== '-' && word !== '--' && !isKnown(word))
  if (stray === undefined) return
  const close = nearest(
    stray.replace(/^-+|=.*/gs, ''),
    globals.map(({ long }) => long),
  )
  throw new OpsError('E_USAGE', `opsctl has no flag ${stray} without a command`, {
    hint: close ? `did you mean --${close}?` : 'write the command first: `opsctl --help` lists them',
  })
}

/** Says what went wrong, in the manner of the asked format, and gives the exit code. */
async function tell(error: OpsError, outside: Outside): Promise<number> {
  const format = askedFormat(outside)
  const io = await outside.io(askedColor(outside))
  try {
    if (format === 'nagios') {
      await io.stdout.write(`OPSCTL UNKNOWN - ${causeChain(error).join(': ')}\n`)
      return 3
    }
    // A reader that went away does not want to hear of it.
    if (error.exit !== 141) await io.stderr.write(isMachineFormat(format) ? errorJson(error) : errorText(error, io, outside))
  } catch {
    // stderr is gone as well: the exit code still tells.
  }
  return error.exit
}

/** The error as one JSON object on one line. */
export function errorJson(error: OpsError): string {
  const { code, exit, message, hint, data } = error
  return `${JSON.stringify({ type: 'error', code, exit, message, ...(hint && { hint }), ...(Object.keys(data).length > 0 && { data: redact(data) }), causes: causeChain(error).slice(1) })}\n`
}

function errorText(error: OpsError, { stderr: { style } }: Io, { argv }: Outside): string {
  const verbose = argv.includes('-vv') || error.code === 'E_BUG'
  // Some messages hold their cause already.
  const causes = causeChain(error)
    .slice(1)
    .filter(cause => !error.message.toLowerCase().includes(cause.toLowerCase()))
  return [
    `${style.bad('opsctl:')} ${error.message}`,
    ...causes.map(cause => `  because: ${cause}`),
    error.hint && `${style.dim('hint:')} ${error.hint}`,
    ...otherProblems(error).map(problem => `${style.bad('also:')} ${problem}`),
    `${style.dim('see:')} opsctl explain ${error.code}`,
    verbose && (error.cause instanceof Error ? error.cause.stack : error.stack),
    '',
  ]
    .filter(line => line !== undefined && line !== false)
    .join('\n')
}

/** What else is wrong in a file that is read whole: `data.problems` has all mistakes, the one of the message first. */
function otherProblems({ data: { problems, omitted } }: OpsError): string[] {
  if (!Array.isArray(problems)) return []
  const others = problems
    .slice(1)
    .map(({ message, hint }: Pick<OpsError, 'message' | 'hint'>) => (hint ? `${message}; ${hint}` : message))
  return typeof omitted === 'number' && omitted > 0 ? [...others, `${omitted} more`] : others
}
