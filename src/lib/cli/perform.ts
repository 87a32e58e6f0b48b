import type { CommandEntry, CommandSpec } from '../core/command.ts'
import type { Settings } from '../core/context.ts'
import { OpsError, toOpsError } from '../core/errors.ts'
import { exitCodeOf, strongest } from '../core/exit.ts'
import { isDocument, isReport, isStream, type Result } from '../core/report.ts'
import { unknownVariables } from '../surface/unknown-variables.ts'
import { findCommand } from './find-command.ts'
import { type ReadInput, readInput } from './input.ts'
import type { Outside } from './outside.ts'
import { openRun } from './run.ts'

/** Runs the command that argv names. What becomes of a result that could not be written is told by `tell`. @throws OpsError */
export async function perform(outside: Outside, tell: (error: OpsError) => Promise<number>): Promise<number> {
  const { program, argv } = outside
  const { command: entry, rest } = findCommand(program, argv)
  if (!entry) throw new OpsError('E_USAGE', 'no command')
  const { settings, plain, inputFor } = await readInput(entry, rest, outside)
  await using run = await openRun(outside, settings)
  if (entry.configuration !== 'ignored')
    for (const warning of unknownVariables(program, outside.env)) run.context.log('warn', warning)
  const { input, work } = await loaded(entry, { plain, inputFor })
  const result = await work(run.context, input).catch(error => {
    // What failed because of the interrupt is not what ended the run.
    if (toOpsError(error).code !== 'E_BUG') run.context.signal.throwIfAborted()
    throw error
  })
  const exit = await exitOf(result, settings)
  try {
    await run.deliver(result)
  } catch (error) {
    // What came of the hosts may weigh more than that it could not be told.
    const lost = toOpsError(error)
    if (strongest([exit, exitOfLostOutput]) === exitOfLostOutput) throw lost
    await tell(lost)
  }
  return isStream(result) && result.report ? exitCodeOf(result.report()) : exit
}

const exitOfLostOutput = 74
const exitOfSilentTargets = 3

/** By the table of exit codes, or by that of Nagios where it reads stdout. */
async function exitOf(result: Result, { outputs }: Settings): Promise<number> {
  if (!isReport(result)) return isDocument(result) && result.incomplete ? exitOfSilentTargets : 0
  if (!outputs.some(({ format, file }) => format === 'nagios' && file === undefined)) return exitCodeOf(result)
  const { nagiosStates, nagiosStatus } = await import('../render/nagios-status.ts')
  return nagiosStates.indexOf(nagiosStatus(result))
}

/** What the command does and with what. Its schema is loaded only where it has something to say. */
async function loaded(
  entry: CommandEntry,
  { plain, inputFor }: Pick<ReadInput, 'plain' | 'inputFor'>,
): Promise<{ readonly input: never; readonly work: CommandSpec['run'] }> {
  if (plain !== undefined && entry.loadRun !== undefined) return { input: plain as never, work: (await entry.loadRun()).default }
  const { default: command } = await entry.load()
  return { input: inputFor(command), work: (context, input) => command.run(context, input) }
}
