import { z } from 'zod'
import type { CheckPlace, SecretReference } from '../core/check.ts'
import { OpsError } from '../core/errors.ts'

const reference = z.union([z.strictObject({ file: z.string().min(1) }), z.strictObject({ env: z.string().min(1) })])

/** A value, or where a secret stands: `{ file: /etc/shop/token }`, `{ env: SHOP_TOKEN }`. With `z.never()` it must be a secret. */
export const secretOr = <T extends z.ZodType>(value: T) => z.union([reference, value])

export const isSecret = (value: string | SecretReference): value is SecretReference => typeof value !== 'string'

/** The text itself, or the value of a secret. @throws OpsError when it can not be read */
export async function textOf({ secret }: Pick<CheckPlace, 'secret'>, value: string | SecretReference): Promise<string> {
  if (!isSecret(value)) return value
  if (secret === undefined) throw new OpsError('E_CONFIG', 'a check that needs a secret can not be made here')
  return secret(value)
}
