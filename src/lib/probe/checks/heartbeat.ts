import { z } from 'zod'
import type { CheckResult } from '../../core/check.ts'
import { defineCheck } from '../../core/component.ts'
import { formatDuration } from '../../core/duration.ts'
import { durationField } from '../../core/fields.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { type Heartbeats, heartbeats } from '../heartbeats.ts'

const Params = z.strictObject({
  beat: z
    .string()
    .regex(/^[\w.-]{1,100}$/)
    .describe('its name: POST /api/v1/heartbeats/NAME of `opsctl probe serve` is a beat'),
  every: durationField().describe('a beat is expected so often'),
  grace: durationField().prefault('1m').describe('so much later is still in time'),
})
type Params = z.output<typeof Params>

/** A job that says that it ran: silence is the fault. */
export default defineCheck({
  type: 'heartbeat',
  version: '1.0.0',
  summary: 'job that reports in time that it is alive, to `opsctl probe serve`',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { beat: 'nightly-backup', every: '1d', grace: '1h' },
  build(config) {
    const params = parseParams(Params, config)
    return {
      title: `a beat of ${params.beat} every ${formatDuration(params.every)}`,
      sampling: [{ dimension: 'heartbeat', intervalMs: 10_000, timeoutMs: 1_000, retries: 0, failures: 1, of: 1 }],
      isHeard: true,
      run: async ({ shared, clock }) => judged(params, shared?.of(heartbeats), clock.now()),
    }
  },
})

function judged({ beat, every, grace }: Params, beats: Heartbeats | undefined, now: number): CheckResult {
  const since = beats?.awaitedSince(beat)
  if (!beats || since === undefined)
    return { verdict: 'unknown', reason: 'unreadable', message: 'beats are heard by `opsctl probe serve` only' }
  const last = beats.last(beat)
  const age = now - (last?.at ?? since)
  const told = last?.message ? `: ${last.message}` : ''
  if (last?.isFailure) return { verdict: 'fail', reason: 'state', message: `${beat} says that it failed${told}` }
  const metrics = last && { beat_timestamp_seconds: last.at / 1000 }
  if (age > every + grace) {
    const message = last
      ? `no beat for ${formatDuration(age)}, expected every ${formatDuration(every)}`
      : `no beat since it was first expected, ${formatDuration(age)} ago`
    return { verdict: 'fail', reason: 'missing', message, ...(metrics && { metrics }) }
  }
  if (!last) return { verdict: 'pass', message: `waiting for the first beat, for ${formatDuration(every + grace - age)} more` }
  return { verdict: 'pass', message: `last beat ${formatDuration(age)} ago${told}`, ...(metrics && { metrics }) }
}
