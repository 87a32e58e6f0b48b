import { z } from 'zod'
import type { Reason } from '../../core/item.ts'
import { healthStatuses } from '../../net/grpc/health.ts'
import { defineDimension } from '../dimension.ts'

const status = z.enum(healthStatuses)

/** Codes of gRPC that tell more than that it went wrong. */
const reasons: Readonly<Record<string, readonly [reason: Reason, message: string]>> = {
  DEADLINE_EXCEEDED: ['timeout', 'the server ran out of time'],
  NOT_FOUND: ['missing', 'the server knows no such service'],
  UNIMPLEMENTED: ['missing', 'the server does not tell its health: it lacks grpc.health.v1.Health'],
  UNAVAILABLE: ['not-serving', 'the server is not available'],
}

/** What the server says of its health. */
export const grpcStatus = defineDimension({
  type: 'grpc_status',
  summary: 'the server says that it serves',
  params: z.object({
    expect: z
      .union([status, z.array(status).min(1)])
      .default('SERVING')
      .describe('what it should say, or a list of what it may'),
  }),
  defaults: { intervalMs: 10_000, timeoutMs: 5_000, retries: 1 },
  judge({ expect }, { seen, failure }) {
    if (failure !== undefined || seen === undefined) return undefined
    const { grpc_code: code, grpc_status: name, grpc_message: words, health } = seen
    if (typeof code !== 'number' || typeof name !== 'string') return undefined
    const metrics = { grpc_status_code: code }
    if (code !== 0) {
      const [reason, message] = reasons[name] ?? (['status', 'the server refuses to tell its health'] as const)
      const more = typeof words === 'string' && words !== '' ? `: ${words}` : ''
      return { verdict: 'fail', reason, message: `${message} (${name}${more})`, metrics }
    }
    const wanted: readonly string[] = [expect].flat()
    if (typeof health === 'string' && wanted.includes(health)) return { verdict: 'pass', message: health, metrics }
    return { verdict: 'fail', reason: 'not-serving', message: `${health}, not ${wanted.join(' or ')}`, metrics }
  },
})
