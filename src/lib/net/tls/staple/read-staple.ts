import type { Duplex } from 'node:stream'
import { DerError } from '../der.ts'
import { ClientHello } from './client-hello.ts'
import { ServerFlight, type Staple } from './server-flight.ts'

/**
 * Asks a server for its certificate and the OCSP answer that it staples to it, over a connection of its own that ends there: the runtime
 * does not ask for one. Nothing is verified here and nothing needs to be: both are public statements that their authority has signed, and
 * count only where they are about the certificate that a real handshake showed.
 * Undefined where the server does not get that far. Rejects with the signal's reason. The stream is closed then.
 */
export function readStaple(
  stream: Duplex,
  { serverName, signal }: { readonly serverName: string; readonly signal: AbortSignal },
): Promise<Staple | undefined> {
  return new Promise((resolve, reject) => {
    const hello = new ClientHello(serverName)
    const flight = new ServerFlight(hello)
    const settle = (): void => {
      signal.removeEventListener('abort', abort)
      stream.off('data', take)
      stream.off('close', nothing)
      stream.destroy()
    }
    const nothing = (): void => {
      settle()
      resolve(undefined)
    }
    const abort = (): void => {
      settle()
      reject(signal.reason)
    }
    const take = (chunk: Uint8Array): void => {
      try {
        const staple = flight.take(chunk)
        if (!staple) return
        settle()
        resolve(staple)
      } catch (error) {
        if (!(error instanceof DerError)) throw error
        nothing()
      }
    }
    stream.on('error', nothing)
    stream.on('close', nothing)
    stream.on('end', nothing)
    if (signal.aborted) return abort()
    if (stream.destroyed) return nothing()
    signal.addEventListener('abort', abort, { once: true })
    stream.on('data', take)
    stream.write(hello.record)
  })
}
