import { z } from 'zod'
import type { Json } from '../../core/json.ts'
import { defineDimension } from '../dimension.ts'

/** Everything that makes a certificate one that is not accepted, with all that is known of each of the chain. */
export const certificate = defineDimension({
  type: 'certificate',
  summary: 'the certificate and its chain are accepted',
  params: z.object({}),
  defaults: { intervalMs: 300_000, timeoutMs: 5_000, retries: 1 },
  judge(_, { tls }) {
    if (tls === undefined) return undefined
    const { problems, chain, protocol, cipher, ocsp } = tls
    const data: Readonly<Record<string, Json>> = {
      protocol,
      cipher,
      chain: chain.map(each => ({ ...each })),
      problems: problems.map(each => ({ ...each })),
      ...(ocsp !== undefined && { ocsp }),
    }
    const [worst, ...others] = problems
    if (!worst) return { verdict: 'pass', message: `the certificate of ${chain[0]?.subject ?? 'the server'} is accepted`, data }
    const more = others.length > 0 ? `, and ${others.map(({ message }) => message).join(', and ')}` : ''
    // Only that nobody could tell whether it is revoked stands against it.
    const verdict = worst.reason === 'unreadable' ? 'unknown' : 'fail'
    return { verdict, reason: worst.reason, message: `${worst.message}${more}`, data }
  },
})
