import { z } from 'zod'
import type { SecretReference } from './check.ts'

const references = [z.strictObject({ file: z.string().min(1) }), z.strictObject({ env: z.string().min(1) })] as const
const reference = z.union(references)

/** Where a secret stands. What stands in its place may be one: it is not told. */
export const secretField = () =>
  z.union(references, { error: 'a secret does not stand here itself: write { file: … } or { env: … }' })

/** A value, or where a secret stands: `{ file: /etc/shop/token }`, `{ env: SHOP_TOKEN }`. With `z.never()` it must be a secret. */
export const secretOr = <T extends z.ZodType>(value: T) => z.union([reference, value])

export const isSecret = (value: string | SecretReference): value is SecretReference => typeof value !== 'string'
