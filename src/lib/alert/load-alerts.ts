import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseYamlDocument } from '../config/yaml-document.ts'
import type { Context } from '../core/context.ts'
import { errnoOf } from '../core/errno.ts'
import { OpsError } from '../core/errors.ts'
import type { AlertingConfig } from './config.ts'
import { channelComponents, readAlerting } from './file/read-alerting.ts'
import type { Warning } from './file/warnings.ts'

/**
 * Reads a file that says who is told of what. Nothing is contacted, and no secret is read.
 * @throws OpsError E_CONFIG with everything that is wrong
 */
export async function loadAlerts(
  context: Pick<Context, 'program' | 'component' | 'paths'>,
  path: string,
): Promise<{ readonly config: AlertingConfig; readonly warnings: readonly Warning[] }> {
  const document = parseYamlDocument(await textOf(resolve(context.paths.cwd, path), path), path, 'E_CONFIG')
  return readAlerting({ document, path, components: channelComponents(context) })
}

async function textOf(file: string, path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
  } catch (cause) {
    const why = cause instanceof TypeError ? 'is not UTF-8 text' : `can not be read: ${errnoOf(cause) ?? cause}`
    throw new OpsError('E_CONFIG', `${path}: the file of alerts ${why}`, { cause })
  }
}
