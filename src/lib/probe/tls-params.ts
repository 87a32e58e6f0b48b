import { z } from 'zod'
import type { TlsTerms } from '../net/tls/tls-contexts.ts'
import { readConfiguredFile, readPrivateFile } from './configured-file.ts'

const versions = { '1.0': 'TLSv1', '1.1': 'TLSv1.1', '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' } as const
const version = z.enum(['1.0', '1.1', '1.2', '1.3'])

/** What any check that speaks TLS may be told of it. */
export const tlsParams = {
  server_name: z
    .string()
    .min(1)
    .optional()
    .describe('the name that the certificate must be for; that of the endpoint when absent'),
  ca: z.string().min(1).optional().describe('file with the authorities to trust, in place of those of the system'),
  cert: z.string().min(1).optional().describe('file with our certificate, where the server wants one'),
  key: z.string().min(1).optional().describe('file with its key, which nobody else may read'),
  min_version: version.default('1.2').describe('of TLS'),
  max_version: version.default('1.3').describe('of TLS'),
  insecure: z
    .boolean()
    .default(false)
    .describe('go on with a certificate that is not accepted; what is wrong with it is told all the same'),
}

export type TlsParams = z.output<z.ZodObject<typeof tlsParams>>

/** The files of the parameters as they are now. @throws OpsError E_CONFIG when one can not be read */
export async function readTlsTerms(params: TlsParams): Promise<TlsTerms> {
  const { ca, cert, key, min_version: min, max_version: max } = params
  return {
    minVersion: versions[min],
    maxVersion: versions[max],
    ...(ca !== undefined && { ca: (await readConfiguredFile(ca)).toString('latin1') }),
    ...(cert !== undefined && { cert: (await readConfiguredFile(cert)).toString('latin1') }),
    ...(key !== undefined && { key: (await readPrivateFile(key)).toString('latin1') }),
  }
}
