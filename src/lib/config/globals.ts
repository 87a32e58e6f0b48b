import { normalize } from 'node:path'
import { z } from 'zod'
import type { Program } from '../core/command.ts'
import { OpsError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { isInFile } from './layers.ts'

const group = 'Global flags'

/** Flags that every command takes, before or after its name. */
export const globals = z.strictObject({
  output: z.array(z.string()).default(['human']).meta({
    short: 'o',
    value: 'FORMAT[=FILE]',
    group,
    completes: 'formats',
    description: 'format of the result; repeat with =FILE for more, as in -o human -o json=run.json',
  }),
  outputFile: z.string().optional().meta({
    value: 'FILE',
    group,
    completes: 'files',
    commandLineOnly: true,
    description: 'write the result there, whole or not at all',
  }),
  quiet: z.boolean().default(false).meta({ short: 'q', group, description: 'only the result and errors' }),
  verbose: z
    .int()
    .min(0)
    .default(0)
    .meta({ short: 'v', group, description: 'say what is decided; -vv adds the protocol and causes' }),
  color: z
    .enum(['auto', 'always', 'never'])
    .default('auto')
    .meta({ value: 'WHEN', group, description: 'colour on stdout and stderr' }),
  input: z.boolean().default(true).meta({ group, description: 'never ask on the terminal' }),
  yes: z
    .boolean()
    .default(false)
    .meta({ short: 'y', group, commandLineOnly: true, description: 'confirm changes without asking' }),
  logFormat: z
    .enum(['text', 'json'])
    .default('text')
    .meta({ value: 'FORMAT', group, description: 'format of messages on stderr' }),
  config: z.string().optional().meta({
    value: 'FILE',
    group,
    completes: 'files',
    commandLineOnly: true,
    description: 'read this configuration file and no other',
  }),
  stateDir: z
    .string()
    .optional()
    .meta({ value: 'DIR', group, completes: 'directories', description: 'where runs, journals and spilled output are kept' }),
})
export type Globals = z.output<typeof globals>

export interface OutputTarget {
  readonly format: string
  readonly file?: string
}

interface OutputSource {
  readonly program: Pick<Program, 'components'>
  /** Flag, variable or place in a file. */
  readonly origin: string
}

/**
 * Where the result goes: at most one format to stdout, the others to files.
 * @throws OpsError E_USAGE, or E_CONFIG for a file, naming the nearest format
 */
export function outputTargets(
  { output, outputFile }: Pick<Globals, 'output' | 'outputFile'>,
  source: OutputSource,
): OutputTarget[] {
  const targets = output.map(parseOutput)
  for (const { format } of targets) checkFormat(format, source)
  const onStdout = targets.filter(target => target.file === undefined)
  if (onStdout.length > 1) {
    const second = onStdout[1]?.format ?? ''
    throw new OpsError(
      isInFile(source.origin) ? 'E_CONFIG' : 'E_USAGE',
      `${isInFile(source.origin) ? `${source.origin}: ` : ''}only one format can go to stdout, and ${onStdout.map(target => target.format).join(' and ')} were asked for`,
      { hint: `give a file: -o ${second}=result.${second}`, data: { origin: source.origin } },
    )
  }
  const all = withOutputFile(targets, outputFile)
  const files = all.flatMap(({ file }) => (file === undefined ? [] : [normalize(file)]))
  const twice = files.find((file, index) => files.indexOf(file) !== index)
  if (twice !== undefined) throw new OpsError('E_USAGE', `two formats can not go to the same file ${twice}`)
  return all
}

function withOutputFile(targets: OutputTarget[], outputFile: string | undefined): OutputTarget[] {
  if (outputFile === undefined) return targets
  if (targets.every(target => target.file !== undefined))
    throw new OpsError('E_USAGE', '--output-file has no format left: every -o names its own file')
  return targets.map(target => (target.file === undefined ? { ...target, file: outputFile } : target))
}

function checkFormat(format: string, { program, origin }: OutputSource): void {
  const formats = program.components.filter(({ kind }) => kind === 'renderer').map(({ type }) => type)
  if (formats.includes(format)) return
  const close = nearest(format, formats)
  throw new OpsError(isInFile(origin) ? 'E_CONFIG' : 'E_USAGE', `${origin}: there is no format '${format}'`, {
    hint: close ? `did you mean ${close}?` : `there are ${formats.join(', ')}`,
    data: { flag: 'output', value: format, origin },
  })
}

function parseOutput(text: string): OutputTarget {
  const at = text.indexOf('=')
  if (at === -1) return { format: text }
  const file = text.slice(at + 1)
  if (file === '') throw new OpsError('E_USAGE', `-o ${text} names no file after the '='`)
  return { format: text.slice(0, at), file }
}
