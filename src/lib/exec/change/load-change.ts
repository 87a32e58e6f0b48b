import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseYamlDocument } from '../../config/yaml-document.ts'
import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { ExecOptions } from '../options.ts'
import { type Change, readChange } from './change.ts'
import { changeComponents } from './components.ts'
import { sourceReader } from './source.ts'

/** The change file that the only word of the command names; undefined for a command. */
export function changeFileOf({ paths }: Context, { command, script }: Pick<ExecOptions, 'command' | 'script'>): string | undefined {
  const [word] = command
  if (script !== undefined || command.length !== 1 || word === undefined || !/\.ya?ml$/.test(word)) return undefined
  return existsSync(resolve(paths.cwd, word)) ? word : undefined
}

/** @throws OpsError E_PLAN naming file, line and column of everything that is wrong */
export async function loadChange(context: Context, path: string): Promise<Change> {
  const file = resolve(context.paths.cwd, path)
  const text = await readFile(file, 'utf8').catch(cause => {
    throw new OpsError('E_PLAN', `${path} can not be read`, { cause })
  })
  return readChange({
    path,
    text,
    document: parseYamlDocument(text, path, 'E_PLAN'),
    components: await changeComponents(context),
    readSource: sourceReader({ directory: dirname(file), signal: context.signal }),
  })
}
