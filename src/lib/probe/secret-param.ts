import type { CheckPlace, SecretReference } from '../core/check.ts'
import { OpsError } from '../core/errors.ts'
import { isSecret, secretOr } from '../core/secret-field.ts'

export { isSecret, secretOr }

/** The text itself, or the value of a secret. @throws OpsError when it can not be read */
export async function textOf({ secret }: Pick<CheckPlace, 'secret'>, value: string | SecretReference): Promise<string> {
  if (!isSecret(value)) return value
  if (secret === undefined) throw new OpsError('E_CONFIG', 'a check that needs a secret can not be made here')
  return secret(value)
}
