import { z } from 'zod'
import { defineDimension } from '../dimension.ts'
import { tlsVersionField, tlsVersions } from '../tls-version.ts'

/** The protocol that was agreed on: the best that both sides have. */
export const tlsVersion = defineDimension({
  type: 'tls_version',
  summary: 'the version of TLS is within limits',
  params: z.object({
    at_least: tlsVersionField().optional().describe('an older version fails'),
    at_most: tlsVersionField().optional().describe('a newer version fails'),
  }),
  defaults: { intervalMs: 3_600_000, timeoutMs: 5_000, retries: 1 },
  judge({ at_least: least, at_most: most }, { tls }) {
    if (tls === undefined) return undefined
    const { protocol, cipher } = tls
    const order: readonly string[] = tlsVersions
    const rank = (version: string): number => order.indexOf(version)
    const message = `speaks ${protocol} with ${cipher}`
    if (least !== undefined && rank(protocol) < rank(least)) {
      return { verdict: 'fail', reason: 'tls-protocol', message: `${message}, older than ${least}` }
    }
    if (most !== undefined && rank(protocol) > rank(most)) {
      return { verdict: 'fail', reason: 'tls-protocol', message: `${message}, newer than ${most}` }
    }
    return { verdict: 'pass', message }
  },
})
