import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { secretOr } from '../../../core/secret-field.ts'
import type { SinkPlace } from '../../../core/sink.ts'

const terms = z.strictObject({
  ca: z
    .string()
    .min(1)
    .optional()
    .describe('file with the authorities that the server is judged by; absent: those of the system'),
  cert: z.string().min(1).optional().describe('file with our certificate'),
  key: secretOr(z.never()).optional().describe('where the key of our certificate stands'),
})

export const brokerTlsField = () => z.union([z.boolean(), terms]).default(false).describe('TLS: true, or { ca, cert, key }')

export interface BrokerTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** Undefined: no TLS. @throws OpsError where a file or a secret can not be read */
export async function brokerTls(wish: boolean | z.output<typeof terms>, place: SinkPlace): Promise<BrokerTls | undefined> {
  if (typeof wish === 'boolean') return wish ? {} : undefined
  const { ca, cert, key } = wish
  const read = (path: string): Promise<string> => readFile(resolve(place.cwd, path), 'utf8')
  return {
    ...(ca !== undefined && { ca: await read(ca) }),
    ...(cert !== undefined && { cert: await read(cert) }),
    ...(key !== undefined && { key: await place.secret(key, { whole: true }) }),
  }
}
