import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../core/clock.ts'
import { tlsFailure } from './tls-failure.ts'

/** A server that has not refused us until then has not refused us. */
const graceMs = 500

/**
 * Whether the server takes the connection. With TLS 1.3 the handshake of the client is over before the server has looked at the client's
 * certificate: its refusal comes after that, as its tickets do. Says goodbye, so that nothing can be asked over the stream any more.
 * @throws NetError `tls-client`; the signal's reason
 */
export function confirmed(
  stream: TLSSocket,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  if (stream.getProtocol() !== 'TLSv1.3') return Promise.resolve()
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      cancel()
      signal.removeEventListener('abort', abort)
      for (const event of signs) stream.off(event, taken)
      stream.on('error', () => undefined)
      stream.off('error', failed)
    }
    const taken = (): void => {
      stop()
      resolve()
    }
    const failed = (error: Error): void => {
      stop()
      const failure = tlsFailure(error, { phase: 'tls' })
      // How a server answers a goodbye is its own affair: some send text, some reset.
      if (failure.reason === 'tls-client') reject(failure)
      else resolve()
    }
    const abort = (): void => {
      stop()
      reject(signal.reason)
    }
    const cancel = clock.timer(graceMs, taken)
    signal.addEventListener('abort', abort, { once: true })
    for (const event of signs) stream.once(event, taken)
    stream.once('error', failed)
    stream.resume()
    stream.end()
  })
}

const signs = ['session', 'data', 'end', 'close'] as const
