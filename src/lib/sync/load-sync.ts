import { dirname, resolve } from 'node:path'
import { parseYamlDocument } from '../config/yaml-document.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { changeComponents } from '../plan/file/components.ts'
import { SourceError, sourceReader } from '../plan/file/source.ts'
import { readSyncFile, type SyncFile } from './file/sync-file.ts'

/** Reads the sync file at a path, with the templates and schemas that it names. @throws OpsError E_PLAN with everything that is wrong */
export async function loadSync(context: Context, path: string): Promise<SyncFile> {
  const { paths, program, signal } = context
  const file = resolve(paths.cwd, path)
  const directory = dirname(file)
  const readLocal = sourceReader({ directory, signal })
  const text = await readText(path, () => readLocal(file))
  const types = program.components.filter(({ kind }) => kind === 'backend').map(({ type }) => type)
  return await readSyncFile({
    ...{ path, directory, text, readLocal },
    document: parseYamlDocument(text, path, 'E_PLAN'),
    components: changeComponents(context),
    backends: { types, load: type => context.component('backend', type) },
  })
}

async function readText(path: string, read: () => Promise<Uint8Array>): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await read())
  } catch (cause) {
    if (cause instanceof SourceError)
      throw new OpsError('E_PLAN', `${path}: the sync file ${cause.message}`, { cause: cause.cause })
    if (cause instanceof TypeError) throw new OpsError('E_PLAN', `${path}: the sync file is not UTF-8 text`, { cause })
    throw cause
  }
}
