import type { Duplex } from 'node:stream'
import type { SinkPlace } from '../../../core/sink.ts'
import { dialFromHere } from '../../../net/dial.ts'
import type { TlsParams } from '../../../net/http/request-params.ts'
import { tlsWishOf } from '../../../net/http/server-route.ts'
import { Progress } from '../../../net/progress.ts'
import { secureStream } from '../../../net/secure-stream.ts'
import { TlsContexts } from '../../../net/tls/tls-contexts.ts'
import type { SyslogServer } from './server-url.ts'

export interface StreamWish {
  readonly server: SyslogServer
  readonly tls: TlsParams
  readonly place: SinkPlace
}

const tlsContexts = (): TlsContexts => new TlsContexts()

/** A connection to a server, with TLS where its protocol has it. @throws NetError; the signal's reason */
export async function openStream({ server, tls, place }: StreamWish, signal: AbortSignal): Promise<Duplex> {
  const { clock, shared } = place
  const { protocol, host, port } = server
  const { stream } = await dialFromHere(clock).dial({ host, port }, { signal })
  if (protocol !== 'tls' && protocol !== 'relps') return stream
  try {
    const wish = await tlsWishOf(host, tls)
    const options = { signal, progress: new Progress(), clock, tls: { contexts: shared.of(tlsContexts) } }
    return (await secureStream(stream, wish, options)).stream
  } catch (error) {
    stream.destroy()
    throw error
  }
}
