import { z } from 'zod'
import { defineDimension } from '../dimension.ts'

const percent = z.number().min(0).max(100)

/** How many packets of a ping came to nothing. */
export const packetLoss = defineDimension({
  type: 'packet_loss',
  summary: 'the packets of a ping are answered',
  params: z.object({
    warn_percent: percent.optional().describe('so many lost, or more, are a warning; 20 when neither is given'),
    fail_percent: percent.optional().describe('so many lost, or more, fail; 60 when neither is given'),
  }),
  defaults: { intervalMs: 10_000, timeoutMs: 5_000, retries: 1 },
  judge({ warn_percent: warn, fail_percent: fail }, { ping, failure }) {
    if (!ping) return failure ? undefined : { verdict: 'na', message: 'there was no ping' }
    const { sent, received, ttl } = ping
    if (sent === 0) return undefined
    const lost = ((sent - Math.min(received, sent)) / sent) * 100
    const metrics = {
      packets_sent: sent,
      packets_received: received,
      loss_percent: lost,
      ...(ttl !== undefined && { ttl }),
    }
    const told = `${sent - Math.min(received, sent)} of ${sent} packets lost`
    const neither = warn === undefined && fail === undefined
    const beyond = (limit: number | undefined): boolean => limit !== undefined && lost >= limit
    // At a limit of 0 something must have been lost all the same.
    if (lost === 0) return { verdict: 'pass', message: told, metrics }
    const bad = {
      reason: failure?.reason ?? 'threshold',
      message: failure ? `${told}: ${failure.message}` : told,
      metrics,
    } as const
    if (beyond(neither ? 60 : fail)) return { verdict: 'fail', ...bad }
    if (beyond(neither ? 20 : warn)) return { verdict: 'warn', ...bad }
    return { verdict: 'pass', message: told, metrics }
  },
})
