import { dirname, resolve } from 'node:path'
import { parseYamlDocument } from '../../config/yaml-document.ts'
import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import { changeComponents } from '../../plan/file/components.ts'
import { SourceError, sourceReader } from '../../plan/file/source.ts'
import { type Change, readChange } from './change.ts'

/** Reads the change file at a path, with the local files that it names. @throws OpsError E_PLAN with everything that is wrong */
export async function loadChange(
  context: Pick<Context, 'program' | 'component' | 'paths' | 'signal'>,
  path: string,
): Promise<Change> {
  const file = resolve(context.paths.cwd, path)
  const readSource = sourceReader({ directory: dirname(file), signal: context.signal })
  const text = await readText(path, () => readSource(file))
  return readChange({
    path,
    text,
    document: parseYamlDocument(text, path, 'E_PLAN'),
    components: changeComponents(context),
    readSource,
  })
}

async function readText(path: string, read: () => Promise<Uint8Array>): Promise<string> {
  try {
    // The mark at the beginning stays: the hash of the text is that of the file.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await read())
  } catch (cause) {
    if (cause instanceof SourceError)
      throw new OpsError('E_PLAN', `${path}: the change file ${cause.message}`, { cause: cause.cause })
    if (cause instanceof TypeError) throw new OpsError('E_PLAN', `${path}: the change file is not UTF-8 text`, { cause })
    throw cause
  }
}
