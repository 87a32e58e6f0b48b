import { z } from 'zod'

// What the JSON gateway of etcd's v3 API answers (etcd documentation, "gRPC gateway"): 64-bit numbers are texts, keys and values
// base64, and whatever is zero or empty is left out. Nothing else of the messages is read.

const int64 = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt)
  .prefault('0')
const base64 = z
  .string()
  .prefault('')
  .transform(text => Buffer.from(text, 'base64'))

const Header = z.object({ revision: int64 })
const KeyValue = z.object({ key: base64, value: base64, mod_revision: int64 })

export const RangeAnswer = z.object({ header: Header, kvs: z.array(KeyValue).default([]) })

export const WatchAnswer = z.object({
  result: z.object({
    header: Header.prefault({}),
    created: z.boolean().default(false),
    canceled: z.boolean().default(false),
    /** Not 0: what was asked for is older than what the server still has. */
    compact_revision: int64,
    cancel_reason: z.string().default(''),
    events: z.array(z.object({ type: z.enum(['PUT', 'DELETE']).default('PUT'), kv: KeyValue })).default([]),
  }),
})
export type WatchMessage = z.output<typeof WatchAnswer>['result']

export const AuthAnswer = z.object({ token: z.string() })

/** Of a status that is no 200, and of a stream that ends in error. `code` is that of gRPC. */
export const ErrorAnswer = z.object({
  error: z.union([z.string(), z.object({ message: z.string().default('') }).transform(({ message }) => message)]),
  code: z.number().default(0),
})
