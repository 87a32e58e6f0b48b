import { z } from 'zod'
import type { TlsSeen } from '../../net/tls-seen.ts'
import type { Judged } from '../dimension.ts'
import { defineDimension } from '../dimension.ts'

const dayMs = 86_400_000

/** Days until the first certificate ends; told also of certificates that are not accepted, and after their end. */
export const certExpiry = defineDimension({
  type: 'cert_expiry',
  summary: 'no certificate ends soon',
  params: z.object({
    warn_days: z.number().min(0).optional().describe('fewer days left than this is a warning; 14 when neither is given'),
    fail_days: z.number().min(0).optional().describe('fewer days left than this fails'),
    scope: z.enum(['leaf', 'chain']).default('chain').describe("the server's own certificate, or the first of the chain to end"),
  }),
  defaults: { intervalMs: 3_600_000, timeoutMs: 5_000, retries: 0 },
  judge({ warn_days: warn, fail_days: fail, scope }, { tls }, now) {
    const end = tls && endOf(tls, scope)
    if (end === undefined || tls === undefined) return undefined
    const days = (end * 1000 - now) / dayMs
    const leaf = tls.chain[0]?.notAfter
    const metrics = {
      certificate_expiry_timestamp_seconds: end,
      days_left: days,
      ...(leaf !== undefined && { leaf_expiry_timestamp_seconds: leaf }),
    }
    return { ...judged(days, { warn: warn ?? (fail === undefined ? 14 : 0), fail: fail ?? 0 }), metrics }
  },
})

/** Seconds since 1970. */
function endOf({ chain, chainNotAfter }: TlsSeen, scope: 'leaf' | 'chain'): number | undefined {
  const leaf = chain[0]?.notAfter
  return scope === 'leaf'
    ? leaf
    : (chainNotAfter ?? (chain.length > 0 ? Math.min(...chain.map(({ notAfter }) => notAfter)) : undefined))
}

function judged(days: number, { warn, fail }: { readonly warn: number; readonly fail: number }): Judged {
  const whole = Math.floor(Math.abs(days))
  const count = whole === 1 ? '1 day' : `${whole} days`
  if (days < 0) return { verdict: 'fail', reason: 'tls-expired', message: `the certificate expired ${count} ago` }
  const message = `the certificate is valid for ${count} more`
  if (days < fail) return { verdict: 'fail', reason: 'expiring', message: `${message}, fewer than ${fail}` }
  if (days < warn) return { verdict: 'warn', reason: 'expiring', message: `${message}, fewer than ${warn}` }
  return { verdict: 'pass', message }
}
