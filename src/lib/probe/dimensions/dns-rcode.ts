import { z } from 'zod'
import { rcodes } from '../../net/dns/message.ts'
import { defineDimension } from '../dimension.ts'

const known = rcodes.flatMap(name => name ?? [])
const rcode = z
  .string()
  .transform(name => name.toUpperCase())
  .refine(name => known.includes(name) || /^RCODE\d{1,4}$/.test(name), `is no rcode: there are ${known.join(', ')}`)

/** The status of an answer of a name server. */
export const dnsRcode = defineDimension({
  type: 'dns_rcode',
  summary: 'the status of the answer of a name server',
  params: z.object({
    expect: z
      .union([rcode, z.array(rcode).min(1)])
      .default('NOERROR')
      .describe('NOERROR, NXDOMAIN, or a list of them'),
  }),
  defaults: { intervalMs: 10_000, timeoutMs: 3_000, retries: 1 },
  judge({ expect }, { dns }) {
    if (!dns) return undefined
    const wanted = [expect].flat()
    const { rcode: got, rcodeNumber } = dns.message
    const metrics = { rcode: rcodeNumber }
    if (wanted.includes(got)) return { verdict: 'pass', message: got, metrics }
    return { verdict: 'fail', reason: 'status', message: `${got}, not ${wanted.join(' or ')}`, metrics }
  },
})
