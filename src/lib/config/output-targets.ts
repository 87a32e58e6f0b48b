import { normalize } from 'node:path'
import type { Program } from '../core/command.ts'
import { OpsError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import type { Globals } from './globals.ts'
import { isInFile } from './layers.ts'

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
