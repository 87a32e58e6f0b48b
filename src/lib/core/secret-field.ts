import { z } from 'zod'
import type { SecretReference } from './check.ts'

const reference = z.union([z.strictObject({ file: z.string().min(1) }), z.strictObject({ env: z.string().min(1) })])

/** A value, or where a secret stands: `{ file: /etc/shop/token }`, `{ env: SHOP_TOKEN }`. With `z.never()` it must be a secret. */
export const secretOr = <T extends z.ZodType>(value: T) => z.union([reference, value])

export const isSecret = (value: string | SecretReference): value is SecretReference => typeof value !== 'string'
