import { z } from 'zod'
import { phaseNames } from '../../net/phases.ts'
import { defineDimension } from '../dimension.ts'
import { passedLimit } from '../limits.ts'
import type { Observation } from '../observation.ts'

const ms = z.number().positive()

/** How long the whole look took, or one stage of it. */
export const latency = defineDimension({
  type: 'latency',
  summary: 'the answer comes in time',
  params: z.object({
    threshold_ms: ms.optional().describe('slower than this fails'),
    warn_ms: ms.optional().describe('slower than this is a warning'),
    phase: z.enum(phaseNames).optional().describe('of one stage only; of all together when absent'),
  }),
  defaults: { intervalMs: 10_000, timeoutMs: 5_000, retries: 1 },
  judge({ threshold_ms: failMs, warn_ms: warnMs, phase }, observation) {
    const { failure, phases, totalMs } = observation
    const took = phase === undefined ? totalMs : phases[phase]
    if (failure !== undefined) return undefined
    if (took === undefined) return { verdict: 'na', message: `there was no ${phase}` }
    const told = `${took.toFixed(took < 10 ? 1 : 0)} ms`
    const metrics = { latency_seconds: took / 1000 }
    const passed = passedLimit({ fail: failMs, warn: warnMs }, limit => took > limit)
    if (passed === undefined) return { verdict: 'pass', message: told, metrics }
    const { verdict, limit } = passed
    return { verdict, reason: 'slow', message: `${told}, more than ${limit} ms (${stages(observation)})`, metrics }
  },
})

const stages = ({ phases }: Observation): string =>
  phaseNames.flatMap(phase => (phases[phase] === undefined ? [] : [`${phase} ${phases[phase].toFixed(0)}`])).join(', ')
