import type { Clock } from '../core/clock.ts'
import type { StepPlace } from '../core/plan.ts'
import type { Sudo, Transport } from '../core/transport.ts'

interface StepPlaceParts {
  readonly transport: Transport
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Of each command of a step. */
  readonly timeoutMs: number
  readonly sudo?: Sudo
}

/** Steps look at files and commands, not at logs: more output than this is no answer to any of their questions. */
const maxOutputBytes = 64 * 1024 * 1024

/** A host as steps see it. */
export function stepPlace({ transport, clock, signal, timeoutMs, sudo }: StepPlaceParts): StepPlace {
  const limits = { signal, timeoutMs, maxOutputBytes, ...(sudo && { sudo }) }
  return {
    transport,
    clock,
    signal,
    ...(sudo && { sudo }),
    run: (command, { stdin } = {}) => transport.run(command, { ...limits, ...(stdin && { stdin }) }),
  }
}
