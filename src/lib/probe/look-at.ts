import type { CheckPlace } from '../core/check.ts'
import { Progress } from '../net/progress.ts'
import { failureOf } from './failure-of.ts'
import type { Observation } from './observation.ts'

/** What is found on the way, kept up to date: it is told also when the look ends half-way. */
export type Finds = { -readonly [K in 'http' | 'body' | 'seen']?: Observation[K] }

export interface Looking {
  readonly progress: Progress
  readonly finds: Finds
}

/** One look at an endpoint. What goes wrong there is in the observation, what else goes wrong is thrown. */
export async function lookAt(
  { clock, trace }: CheckPlace,
  endpoint: string,
  work: (looking: Looking) => Promise<void>,
): Promise<Observation> {
  const start = clock.monotonic()
  const progress = new Progress(trace)
  const finds: Finds = {}
  const observation = (failure?: Observation['failure']): Observation => ({
    endpoint,
    phases: progress.phases,
    totalMs: Math.max(0, clock.monotonic() - start - progress.queuedMs),
    ...(progress.address !== undefined && { address: progress.address }),
    ...(progress.tls && { tls: progress.tls }),
    ...finds,
    ...(failure && { failure }),
  })
  try {
    await work({ progress, finds })
    return observation()
  } catch (error) {
    const failure = failureOf(error, progress)
    trace?.(`failed   ${failure.message}`)
    return observation(failure)
  }
}
