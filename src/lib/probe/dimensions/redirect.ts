import { z } from 'zod'
import type { Judged } from '../dimension.ts'
import { defineDimension } from '../dimension.ts'
import { matches, patternField } from '../pattern-field.ts'

/** Where the redirects lead. */
export const redirect = defineDimension({
  type: 'redirect',
  summary: 'the redirects lead to where they should',
  params: z.object({
    to: z.string().optional().describe('the URL that answers at last'),
    matches: patternField().optional().describe('regular expression for that URL: ^https: for one with TLS'),
    min: z.int().min(0).optional().describe('fewer redirects than this fail'),
    max: z.int().min(0).optional().describe('more redirects than this fail'),
  }),
  defaults: { intervalMs: 60_000, timeoutMs: 5_000, retries: 1 },
  judge({ to, matches: wanted, min, max }, { http }) {
    if (http?.url === undefined) return undefined
    const { url, redirects } = http
    const count = redirects.length
    const metrics = { redirects: count }
    const bad = (message: string): Judged => ({ verdict: 'fail', reason: 'redirects', message, metrics })
    if (to !== undefined && (URL.parse(to)?.href ?? to) !== url) return bad(`${url} answers, not ${to}`)
    if (wanted && !matches(wanted, url)) return bad(`${url} answers, which does not match ${wanted.text}`)
    const told = count === 1 ? 'after 1 redirect' : `after ${count} redirects`
    if (min !== undefined && count < min) return bad(`${url} answers ${told}, not ${min}`)
    if (max !== undefined && count > max) return bad(`${url} answers ${told}, more than ${max}`)
    return { verdict: 'pass', message: `${url} answers ${told}`, metrics }
  },
})
