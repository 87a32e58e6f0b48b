import { dirname, resolve } from 'node:path'
import { parseYamlDocument } from '../../config/yaml-document.ts'
import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import { changeComponents } from '../../plan/file/components.ts'
import { SourceError, sourceReader } from '../../plan/file/source.ts'
import { type Playbook, readPlaybook } from './playbook.ts'

/** Reads the playbook at a path. Nothing is contacted. @throws OpsError E_PLAN with everything that is wrong */
export async function loadPlaybook(
  context: Pick<Context, 'program' | 'component' | 'paths' | 'signal'>,
  path: string,
): Promise<Playbook> {
  const file = resolve(context.paths.cwd, path)
  const read = sourceReader({ directory: dirname(file), signal: context.signal })
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await read(file))
    return await readPlaybook({ path, document: parseYamlDocument(text, path, 'E_PLAN'), components: changeComponents(context) })
  } catch (cause) {
    if (cause instanceof SourceError)
      throw new OpsError('E_PLAN', `${path}: the playbook ${cause.message}`, { cause: cause.cause })
    if (cause instanceof TypeError) throw new OpsError('E_PLAN', `${path}: the playbook is not UTF-8 text`, { cause })
    throw cause
  }
}
