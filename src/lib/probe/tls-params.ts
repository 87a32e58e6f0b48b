import { z } from 'zod'
import type { CheckPlace } from '../core/check.ts'
import type { StartTls } from '../net/tls/start-tls.ts'
import { recentTlsFiles, type TlsFileTexts } from './recent-tls-files.ts'
import { tlsFileKeys } from './tls-files.ts'
import { tlsVersionField } from './tls-version.ts'

/** What any check that speaks TLS on its way to something else may be told of it. */
export const tlsParams = {
  server_name: z
    .string()
    .min(1)
    .optional()
    .describe('the name that the certificate must be for; that of the endpoint when absent'),
  ...tlsFileKeys,
  min_version: tlsVersionField().optional().describe('the oldest version of TLS; 1.2 when absent'),
  max_version: tlsVersionField().optional().describe('the newest version of TLS'),
  insecure: z
    .boolean()
    .default(false)
    .describe('go on with a certificate that is not accepted; what is wrong with it is told all the same'),
}

export type TlsParams = z.output<z.ZodObject<typeof tlsParams>>

export type TlsTerms = Pick<StartTls, 'ca' | 'crl' | 'cert' | 'key' | 'minVersion' | 'maxVersion'>

/** The terms of the parameters, with what is in their files. @throws NetError `unreadable` */
export const readTlsTerms = async (place: CheckPlace, params: TlsParams): Promise<TlsTerms> =>
  tlsTerms(params, await recentTlsFiles(place, params))

export const tlsTerms = ({ min_version: minVersion, max_version: maxVersion }: TlsParams, files: TlsFileTexts): TlsTerms => ({
  ...files,
  ...(minVersion && { minVersion }),
  ...(maxVersion && { maxVersion }),
})
