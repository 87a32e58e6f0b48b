import { assertions, business } from '../dimensions/assertions.ts'
import { certExpiry } from '../dimensions/cert-expiry.ts'
import { certificate } from '../dimensions/certificate.ts'
import { latency } from '../dimensions/latency.ts'
import { reachability } from '../dimensions/reachability.ts'
import { tlsVersion } from '../dimensions/tls-version.ts'
import { defineEndpointCheck } from '../endpoint-check.ts'
import { serverAddressField } from '../server-address.ts'
import { lookAtTcp } from '../tcp/look-at-tcp.ts'
import { networkParams, talkParams } from '../tcp/talk-params.ts'

/** A server of TCP that accepts connections, and says what it should. */
export default defineEndpointCheck({
  type: 'tcp',
  summary: 'TCP server that accepts connections, and says what it should',
  example: {
    endpoint: 'tcp://127.0.0.1:25',
    script: [{ expect: '^220 (?P<greeting>.*)' }, { send: 'QUIT' }, { expect: '^221' }],
  },
  params: { endpoint: serverAddressField({ schemes: ['tcp'] }), ...talkParams, ...networkParams },
  dimensions: [reachability, latency, certExpiry, certificate, tlsVersion, assertions, business],
  judgedBy: ({ tls, starttls, script = [] }) => [
    { type: 'reachability' },
    { type: 'latency' },
    ...(tls || starttls !== undefined || script.some(step => step.starttls) ? [{ type: 'cert_expiry' }] : []),
  ],
  title: ({ endpoint, script }) => `${endpoint.href} ${script ? 'says what it should' : 'accepts connections'}`,
  look: lookAtTcp,
})
