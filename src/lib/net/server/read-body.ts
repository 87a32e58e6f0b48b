import type { Exchange } from './exchange.ts'
import { Refusal } from './refusal.ts'

/** The body of a request. @throws Refusal 413; the signal's reason */
export async function readBody({ incoming, outgoing, signal }: Exchange, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new Refusal(413, `the body is larger than ${maxBytes} bytes`)
  if (incoming.readableEnded) throw new Error('the body of a request can be read once')
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  if (incoming.headers.expect?.toLowerCase() === '100-continue') outgoing.writeContinue()
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= maxBytes) return chunks.push(chunk)
      incoming.pause()
      reject(tooLarge())
    })
    incoming.once('end', () => resolve(Buffer.concat(chunks)))
    incoming.once('error', reject)
    incoming.once('close', () => signal.removeEventListener('abort', abort))
  })
}
