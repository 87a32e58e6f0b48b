import type { z } from 'zod'
import type { CheckPlace } from '../../core/check.ts'
import { dialerOf } from '../../net/dial.ts'
import { openStream } from '../../net/http/open-stream.ts'
import { type SecureOptions, secureStream, type TlsWish } from '../../net/secure-stream.ts'
import { beginTls } from '../../net/starttls/begin-tls.ts'
import { confirmed } from '../../net/tls/confirmed.ts'
import type { StartedTls } from '../../net/tls/start-tls.ts'
import { lookAt } from '../look-at.ts'
import type { Observation } from '../observation.ts'
import type { ServerAddress } from '../server-address.ts'
import { readTlsTerms } from '../tls-params.ts'
import { tlsTools } from '../tls-tools.ts'
import { talk } from './talk.ts'
import type { networkParams, TalkParams } from './talk-params.ts'

type TcpParams = TalkParams & z.output<z.ZodObject<typeof networkParams>> & { readonly endpoint: ServerAddress }

const families = { any: 0, ipv4: 4, ipv6: 6 } as const

/** One look at a server of TCP: connects, goes over to TLS where it is to, and plays the script. */
export const lookAtTcp = (place: CheckPlace, params: TcpParams): Promise<Observation> =>
  lookAt(place, params.endpoint.href, async looking => {
    const { clock, signal } = place
    const { progress } = looking
    const { endpoint, starttls, address } = params
    const serverName = params.server_name ?? endpoint.host
    const wish: TlsWish = { ...(await readTlsTerms(place, params)), serverName, insecure: params.insecure }
    const secure: SecureOptions = { signal, clock, progress, tls: tlsTools(place) }
    const route = {
      dialer: dialerOf(place),
      endpoint,
      family: families[params.address_family],
      ...(address !== undefined && { address }),
    }
    const { stream } = await openStream(route, secure)
    if (starttls !== undefined) {
      progress.phase = 'wait'
      const asked = clock.monotonic()
      await beginTls(stream, { protocol: starttls, server: serverName, signal })
      progress.done('wait', clock.monotonic() - asked)
      progress.trace?.(`send     ${starttls}: the server goes over to TLS`)
    }
    const secured = params.tls || starttls !== undefined ? (await secureStream(stream, wish, secure)).stream : undefined
    // Whether our certificate is taken shows by what the server says; where nothing is to be said, it is waited for.
    if (secured && params.script === undefined) await accepted(secured, { clock, signal, progress })
    else await talk(secured ?? stream, { ...looking, place, params, serverName, secure })
  })

async function accepted(stream: StartedTls['stream'], { clock, signal, progress }: SecureOptions): Promise<void> {
  const start = clock.monotonic()
  try {
    await confirmed(stream, { clock, signal })
  } finally {
    // Most of it is our patience, not the server's time.
    progress.queuedMs += clock.monotonic() - start
    stream.destroy()
  }
}
