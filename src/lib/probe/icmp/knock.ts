import type { CheckPlace } from '../../core/check.ts'
import { dialerOf } from '../../net/dial.ts'
import { NetError } from '../../net/net-error.ts'

/** Where most machines answer, if only to refuse: HTTPS, HTTP and echo. */
const ports = [443, 80, 7]

export interface Knocked {
  readonly port: number
  readonly address?: string
  /** Milliseconds. */
  readonly tookMs: number
}

/**
 * Whether a machine is there, as far as TCP can tell: it takes or refuses a connection to one of three ports.
 * @throws NetError when none of them says anything; the signal's reason
 */
export async function knock({ clock, signal, ...place }: CheckPlace, host: string): Promise<Knocked> {
  const others = new AbortController()
  const stop = (): void => others.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  const start = clock.monotonic()
  const at = async (port: number): Promise<Knocked> => {
    try {
      const { stream, address } = await dialerOf({ clock, ...place }).dial({ host, port }, { signal: others.signal })
      stream.on('error', () => undefined)
      stream.destroy()
      return { port, tookMs: clock.monotonic() - start, ...(address !== undefined && { address }) }
    } catch (error) {
      if (error instanceof NetError && error.reason === 'refused') return { port, tookMs: clock.monotonic() - start }
      throw error
    }
  }
  try {
    signal.throwIfAborted()
    return await Promise.any(ports.map(at))
  } catch (error) {
    signal.throwIfAborted()
    const [first] = error instanceof AggregateError ? error.errors : [error]
    throw first
  } finally {
    signal.removeEventListener('abort', stop)
    others.abort()
  }
}
