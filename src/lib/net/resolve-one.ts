import type { Clock } from '../core/clock.ts'
import { type Address, resolveName } from './connect.ts'
import { NetError, netError } from './net-error.ts'
import type { Progress } from './progress.ts'

export interface ResolveOne {
  readonly family: 0 | 4 | 6
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly progress: Progress
}

/** The first address of a name, or the address itself. @throws NetError of phase `resolve`; the signal's reason */
export async function resolveOne(name: string, { family, clock, signal, progress }: ResolveOne): Promise<Address> {
  const start = clock.monotonic()
  progress.phase = 'resolve'
  try {
    const addresses = await resolveName(name, { family, signal })
    const first = addresses.find(address => family === 0 || address.family === family)
    if (!first) throw new NetError('no-route', `${name} is no address of IPv${family}`, { phase: 'resolve' })
    progress.address = first.address
    if (first.address === name) return first
    const took = clock.monotonic() - start
    progress.done('resolve', took)
    progress.trace?.(`resolve  ${name} -> ${addresses.map(({ address }) => address).join(', ')}, ${took.toFixed(1)} ms`)
    return first
  } catch (error) {
    signal.throwIfAborted()
    throw netError(error, { phase: 'resolve' })
  }
}
