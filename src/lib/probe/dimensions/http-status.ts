import { z } from 'zod'
import { defineDimension } from '../dimension.ts'

const exact = z.int().min(100).max(599)
const family = z.string().regex(/^[1-5](xx|\d\d)$/i, 'is no status: write 200, or 2xx for all of a kind')
const one = z.union([exact, family])

/** The status of the answer, after redirects. */
export const httpStatus = defineDimension({
  type: 'http_status',
  summary: 'the status of the answer',
  params: z.object({
    expect: z
      .union([one, z.array(one).min(1)])
      .default('2xx')
      .describe('200, 2xx, or a list of them'),
  }),
  defaults: { intervalMs: 10_000, timeoutMs: 3_000, retries: 1 },
  compile({ expect }) {
    const wanted = [expect].flat().map(String)
    const pattern = new RegExp(`^(?:${wanted.join('|').replace(/x/gi, '\\d')})$`)
    return ({ http }) => {
      if (!http) return undefined
      const { status } = http
      const metrics = { status_code: status }
      if (pattern.test(String(status))) return { verdict: 'pass', message: `status ${status}`, metrics }
      return { verdict: 'fail', reason: 'status', message: `status ${status}, not ${wanted.join(' or ')}`, metrics }
    }
  },
})
