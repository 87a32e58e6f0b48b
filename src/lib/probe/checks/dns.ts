import { assertions, business } from '../dimensions/assertions.ts'
import { certExpiry } from '../dimensions/cert-expiry.ts'
import { dnsAnswer } from '../dimensions/dns-answer.ts'
import { dnsRcode } from '../dimensions/dns-rcode.ts'
import { latency } from '../dimensions/latency.ts'
import { reachability } from '../dimensions/reachability.ts'
import { dnsParams } from '../dns/dns-params.ts'
import { lookAtDns } from '../dns/look.ts'
import { defineEndpointCheck } from '../endpoint-check.ts'

/** A name server, asked one question. */
export default defineEndpointCheck({
  type: 'dns',
  summary: 'name server that answers as it should',
  example: {
    endpoint: 'dns://127.0.0.1/example.com',
    type: 'MX',
    dimensions: [{ type: 'dns_rcode' }, { type: 'dns_answer', equals: ['10 mx1.example.com'] }],
  },
  params: dnsParams,
  dimensions: [dnsRcode, dnsAnswer, reachability, latency, certExpiry, assertions, business],
  judgedBy: () => [{ type: 'dns_rcode' }, { type: 'dns_answer', min: 1 }],
  title: ({ endpoint, type }) => `${endpoint.text} has ${type}`,
  look: lookAtDns,
})
