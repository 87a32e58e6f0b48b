import { z } from 'zod'
import { defineDimension } from '../dimension.ts'

const version = z.enum(['1.0', '1.1', '2'])

/** The version of HTTP that the server answers in. */
export const httpVersion = defineDimension({
  type: 'http_version',
  summary: 'the answer comes in this version of HTTP',
  params: z.object({ expect: z.union([version, z.array(version).min(1)]).describe('1.0, 1.1, 2, or a list of them, in quotes') }),
  defaults: { intervalMs: 60_000, timeoutMs: 3_000, retries: 1 },
  judge({ expect }, { http }) {
    if (!http) return undefined
    const wanted: readonly string[] = [expect].flat()
    const metrics = { http_version: Number(http.version) }
    const told = `HTTP/${http.version}`
    if (wanted.includes(http.version)) return { verdict: 'pass', message: told, metrics }
    return { verdict: 'fail', reason: 'protocol', message: `${told}, not ${wanted.join(' or ')}`, metrics }
  },
})
