import { z } from 'zod'
import { defineDimension } from '../dimension.ts'

/** Whether the look came to its end. */
export const reachability = defineDimension({
  type: 'reachability',
  summary: 'the endpoint can be reached and answers',
  params: z.object({}),
  defaults: { intervalMs: 10_000, timeoutMs: 5_000, retries: 1 },
  judge(_, { failure, address, note, totalMs }) {
    if (failure) return undefined
    return {
      verdict: 'pass',
      message: `answers${address === undefined ? '' : ` at ${address}`}${note === undefined ? '' : `, ${note}`}`,
      metrics: { answer_seconds: totalMs / 1000 },
    }
  },
})
