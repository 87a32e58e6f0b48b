import { resolve } from 'node:path'
import type { SecretReference } from '../core/check.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { readSecretFile, type SecretForm } from './secret-file.ts'

/** The value of a secret: the first line, or all, of a file that nobody else may read, or a variable. @throws OpsError E_CONFIG */
export async function readSecret(
  { env, paths }: Pick<Context, 'env' | 'paths'>,
  reference: SecretReference,
  form: SecretForm = {},
): Promise<string> {
  if ('file' in reference) return readSecretFile(resolve(paths.cwd, reference.file), form)
  const value = env[reference.env]
  if (value === undefined || value === '') {
    throw new OpsError('E_CONFIG', `the variable ${reference.env}, which holds a secret, is not set`)
  }
  return value
}
