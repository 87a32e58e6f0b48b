import { assertions, business } from '../dimensions/assertions.ts'
import { body } from '../dimensions/body.ts'
import { certExpiry } from '../dimensions/cert-expiry.ts'
import { certificate } from '../dimensions/certificate.ts'
import { header } from '../dimensions/header.ts'
import { httpStatus } from '../dimensions/http-status.ts'
import { httpVersion } from '../dimensions/http-version.ts'
import { latency } from '../dimensions/latency.ts'
import { reachability } from '../dimensions/reachability.ts'
import { redirect } from '../dimensions/redirect.ts'
import { tlsVersion } from '../dimensions/tls-version.ts'
import { defineEndpointCheck } from '../endpoint-check.ts'
import { httpParams } from '../http/http-params.ts'
import { lookAtHttp } from '../http/look.ts'

/** A web server, asked once. */
export default defineEndpointCheck({
  type: 'http',
  summary: 'web server that answers as it should',
  example: {
    endpoint: 'http://127.0.0.1:8080/health',
    dimensions: [
      { type: 'http_status', expect: 200 },
      { type: 'latency', threshold_ms: 300 },
    ],
  },
  params: httpParams,
  dimensions: [
    reachability,
    httpStatus,
    latency,
    certExpiry,
    header,
    httpVersion,
    body,
    redirect,
    certificate,
    tlsVersion,
    assertions,
    business,
  ],
  judgedBy: ({ endpoint }) => [
    { type: 'http_status' },
    { type: 'latency' },
    ...(endpoint.protocol === 'https:' ? [{ type: 'cert_expiry' }] : []),
  ],
  title: ({ endpoint, method }) => `${method} ${endpoint.href}`,
  look: lookAtHttp,
})
