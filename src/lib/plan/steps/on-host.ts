import { type LoneCommand, StepError, type StepPlace } from '../../core/plan.ts'
import { type Command, type Output, TransportError } from '../../core/transport.ts'
import { type HostScript, lastWords, scriptCommand, scriptOutput } from '../../transport/host-script.ts'

export interface ScriptInput {
  readonly args: readonly string[]
  readonly stdin?: Uint8Array
}

/**
 * What a script printed on the host.
 * @throws StepError when it ended with anything but 0; TransportError when it was ended or how it ended is not known
 */
export async function runScript(place: StepPlace, script: HostScript, { args, stdin }: ScriptInput): Promise<Buffer> {
  const output = await runToEnd(place, scriptCommand(script, args), { does: script.does, ...(stdin && { stdin }) })
  if (output.code !== 0) throw new StepError(`could not ${script.does}: ${whyFailed(output)}`)
  const printed = scriptOutput(output)
  if (printed === undefined) throw new StepError(`could not ${script.does}: the host does not run commands`)
  return printed
}

/** The same script as a host runs it by itself. */
export const loneScript = (script: HostScript, { args, stdin }: ScriptInput): LoneCommand => {
  const { argv } = scriptCommand(script, args)
  return { does: script.does, argv, ...(stdin && { stdin }) }
}

/** How a command ended, whatever its status. @throws TransportError when it was ended, or how it ended is not known */
export async function runToEnd(
  place: StepPlace,
  command: Command,
  { does, stdin }: { readonly does: string; readonly stdin?: Uint8Array },
): Promise<Output> {
  const output = await place.run(command, stdin ? { stdin } : undefined)
  if (output.ended) throw new TransportError(output.ended, `could not ${does}: ${output.message || output.ended}`)
  if (output.code === null && output.signal === undefined) {
    throw new TransportError('no-exit-status', `could not ${does}: it ended without saying how`)
  }
  return output
}

/** Why a command failed, in its own words or by its status. */
export function whyFailed(output: Output, lines = 1): string {
  const how = output.signal === undefined ? `status ${output.code}` : `ended by SIG${output.signal}`
  return lastWords(output, lines) || how
}

/** The fields of what a script printed. @throws StepError when the answer is not of that shape */
export function demandFields<T>(parsed: T | undefined, { does }: HostScript): T {
  if (parsed === undefined) throw new StepError(`could not ${does}: the host answered something else`)
  return parsed
}
