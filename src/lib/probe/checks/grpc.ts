import { assertions, business } from '../dimensions/assertions.ts'
import { certExpiry } from '../dimensions/cert-expiry.ts'
import { certificate } from '../dimensions/certificate.ts'
import { grpcStatus } from '../dimensions/grpc-status.ts'
import { latency } from '../dimensions/latency.ts'
import { reachability } from '../dimensions/reachability.ts'
import { defineEndpointCheck } from '../endpoint-check.ts'
import { grpcParams } from '../grpc/grpc-params.ts'
import { lookAtGrpc } from '../grpc/look.ts'

/** A gRPC server, asked for its health. */
export default defineEndpointCheck({
  type: 'grpc',
  summary: 'gRPC server that says that it serves (grpc.health.v1)',
  example: { endpoint: 'grpc://127.0.0.1:50051/shop.Orders', dimensions: [{ type: 'grpc_status', expect: 'SERVING' }] },
  params: grpcParams,
  dimensions: [reachability, grpcStatus, latency, certExpiry, certificate, assertions, business],
  judgedBy: ({ endpoint }) => [
    { type: 'grpc_status' },
    { type: 'latency' },
    ...(endpoint.scheme === 'grpcs' ? [{ type: 'cert_expiry' }] : []),
  ],
  title: ({ endpoint }) => `${endpoint.href} serves`,
  look: lookAtGrpc,
})
