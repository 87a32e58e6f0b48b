import { z } from 'zod'
import { dialerOf } from '../../net/dial.ts'
import { secureStream } from '../../net/secure-stream.ts'
import { assertions, business } from '../dimensions/assertions.ts'
import { certExpiry } from '../dimensions/cert-expiry.ts'
import { certificate } from '../dimensions/certificate.ts'
import { latency } from '../dimensions/latency.ts'
import { reachability } from '../dimensions/reachability.ts'
import { defineEndpointCheck } from '../endpoint-check.ts'
import { lookAt } from '../look-at.ts'
import { talk } from '../tcp/talk.ts'
import { talkParams } from '../tcp/talk-params.ts'
import { readTlsTerms } from '../tls-params.ts'
import { tlsTools } from '../tls-tools.ts'

const scheme = 'unix://'

/** A server at a Unix socket that accepts connections, and says what it should. */
export default defineEndpointCheck({
  type: 'unix',
  summary: 'server at a Unix socket that accepts connections, and says what it should',
  example: { endpoint: 'unix:///run/shop.sock', script: [{ send: 'PING' }, { expect: 'PONG' }] },
  params: {
    endpoint: z
      .string()
      .regex(/^unix:\/\/\/[^\0]+$/, 'is not of the form unix:///run/name.sock')
      .describe('unix:///run/name.sock'),
    ...talkParams,
  },
  dimensions: [reachability, latency, certExpiry, certificate, assertions, business],
  judgedBy: ({ tls }) => [{ type: 'reachability' }, { type: 'latency' }, ...(tls ? [{ type: 'cert_expiry' }] : [])],
  title: ({ endpoint, script }) => `${endpoint} ${script ? 'says what it should' : 'accepts connections'}`,
  look: (place, params) =>
    lookAt(place, params.endpoint, async looking => {
      const { clock, signal } = place
      const { progress } = looking
      progress.phase = 'connect'
      const dialed = await dialerOf(place).dial({ path: params.endpoint.slice(scheme.length) }, { signal })
      progress.done('connect', dialed.phases.connect ?? 0)
      progress.address = dialed.address
      const serverName = params.server_name ?? 'localhost'
      const secure = { signal, clock, progress, tls: tlsTools(place) }
      const wish = { ...(await readTlsTerms(place, params)), serverName, insecure: params.insecure }
      const stream = params.tls ? (await secureStream(dialed.stream, wish, secure)).stream : dialed.stream
      await talk(stream, { ...looking, place, params, serverName, secure })
    }),
})
