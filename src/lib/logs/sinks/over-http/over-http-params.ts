import { z } from 'zod'
import { sizeField } from '../../../core/fields.ts'
import { secretField } from '../../../core/secret-field.ts'
import { headersFieldOf, tlsParams } from '../../../net/http/request-params.ts'

/** How much goes into one request. */
export const batchParams = (defaults: { readonly bytes: string; readonly records: number }) => ({
  batch_bytes: sizeField().prefault(defaults.bytes).describe('most bytes of records in one request, before compression'),
  batch_records: z.int().min(1).max(1_000_000).default(defaults.records).describe('most records in one request'),
})

/** What every sink takes that speaks HTTP. */
export const overHttpParams = {
  headers: headersFieldOf().describe('texts, or secrets as { file: … } or { env: … }'),
  bearer: secretField().optional().describe('a token, as { file: … } or { env: … }'),
  basic: z
    .strictObject({ user: z.string().min(1), password: secretField() })
    .optional()
    .describe('user, and password as { file: … } or { env: … }'),
  compression: z.enum(['none', 'gzip', 'zstd']).default('none').describe('of bodies'),
  ...tlsParams,
}
export type OverHttpParams = z.output<z.ZodObject<typeof overHttpParams>>
