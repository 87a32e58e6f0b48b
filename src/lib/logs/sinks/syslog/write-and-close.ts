import type { Duplex } from 'node:stream'
import { NetError, netError } from '../../../net/net-error.ts'

/**
 * Writes all, says that this was it, and waits until the other side has ended it, too. A system on which a program ends a connection of which
 * it has not read everything resets it; so an orderly end says that the receiver has read all. It does not say what the receiver made of it.
 * @throws NetError where the connection was lost or ended before; the signal's reason. The connection is closed in each case.
 */
export async function writeAndClose(stream: Duplex, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let isAllWritten = false
  const abort = (): void => reject(signal.reason)
  stream.on('error', error => reject(netError(error, { phase: 'wait' })))
  stream.on('finish', () => {
    isAllWritten = true
  })
  stream.on('end', () => (isAllWritten ? resolve() : reject(closed())))
  stream.on('close', () => reject(closed()))
  // What it says meanwhile is nothing that syslog knows of.
  stream.resume()
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    stream.end(bytes)
    await promise
  } finally {
    signal.removeEventListener('abort', abort)
    stream.destroy()
  }
}

const closed = (): NetError => new NetError('reset', 'the server closed the connection before it had all', { phase: 'wait' })
