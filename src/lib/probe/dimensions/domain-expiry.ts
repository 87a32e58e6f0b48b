import { z } from 'zod'
import type { Judged } from '../dimension.ts'
import { defineDimension } from '../dimension.ts'

const dayMs = 86_400_000

/** States of a domain that is on its way to be given to others (RFC 3915; RFC 8056). */
const ending = /^(redemption period|pending delete|pending restore)$/i

/** Days until the registration of a domain ends. */
export const domainExpiry = defineDimension({
  type: 'domain_expiry',
  summary: 'the registration of a domain does not end soon',
  params: z.object({
    warn_days: z.number().min(0).optional().describe('fewer days left than this is a warning; 30 when neither is given'),
    fail_days: z.number().min(0).optional().describe('fewer days left than this fails'),
  }),
  defaults: { intervalMs: 86_400_000, timeoutMs: 10_000, retries: 1 },
  judge({ warn_days: warn, fail_days: fail }, { registration }, now) {
    if (registration === undefined) return undefined
    const { expires, status } = registration
    const days = (expires - now) / dayMs
    const metrics = { registration_expiry_timestamp_seconds: expires / 1000, days_left: days }
    const limits = { warn: warn ?? (fail === undefined ? 30 : 0), fail: fail ?? 0 }
    const lost = status.find(each => ending.test(each))
    const judged: Judged = lost
      ? { verdict: 'fail', reason: 'expiring', message: `the registry is about to give the domain up: ${lost.toLowerCase()}` }
      : judgedBy(days, limits)
    return { ...judged, metrics, data: { status: [...status] } }
  },
})

function judgedBy(days: number, { warn, fail }: { readonly warn: number; readonly fail: number }): Judged {
  const whole = Math.floor(Math.abs(days))
  const count = whole === 1 ? '1 day' : `${whole} days`
  if (days < 0) return { verdict: 'fail', reason: 'expiring', message: `the registration ended ${count} ago` }
  const message = `the domain is registered for ${count} more`
  if (days < fail) return { verdict: 'fail', reason: 'expiring', message: `${message}, fewer than ${fail}` }
  if (days < warn) return { verdict: 'warn', reason: 'expiring', message: `${message}, fewer than ${warn}` }
  return { verdict: 'pass', message }
}
