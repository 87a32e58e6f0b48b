import { type GrpcCall, type GrpcReply, healthReplies } from '../../probe/grpc-server.ts'
import type { CertificateKind } from './shop-certificates.ts'

export interface GrpcCase {
  readonly name: string
  /** Absent: nobody listens. */
  readonly replies?: (call: GrpcCall) => GrpcReply
  readonly tls?: CertificateKind
  readonly grpc?: string
  readonly passes: boolean
  readonly reason?: string
}

const health = healthReplies({ '': 1, shop: 1, stock: 2, strange: 9 })
const secure = 'tls: true, tls_config: { ca_file: CA }'

export const grpcCases: readonly GrpcCase[] = [
  { name: 'a server', replies: health, passes: true },
  { name: 'a service', replies: health, grpc: 'service: shop', passes: true },
  { name: 'a service that does not serve', replies: health, grpc: 'service: stock', passes: false, reason: 'not-serving' },
  {
    name: 'a service that says what nobody knows',
    replies: health,
    grpc: 'service: strange',
    passes: false,
    reason: 'not-serving',
  },
  { name: 'a service that there is not', replies: health, grpc: 'service: nothing', passes: false, reason: 'missing' },
  {
    name: 'a server without the health service',
    replies: () => ({ trailers: { 'grpc-status': '12' } }),
    passes: false,
    reason: 'missing',
  },
  { name: 'a service that refuses', replies: () => ({ trailers: { 'grpc-status': '7' } }), passes: false, reason: 'status' },
  { name: 'TLS', replies: health, tls: 'good', grpc: secure, passes: true },
  { name: 'a certificate that has ended', replies: health, tls: 'expired', grpc: secure, passes: false, reason: 'tls-expired' },
  {
    name: 'a certificate that is not looked at',
    replies: health,
    tls: 'expired',
    grpc: 'tls: true, tls_config: { insecure_skip_verify: true }',
    passes: true,
  },
  { name: 'no TLS where it is asked for', replies: health, grpc: secure, passes: false, reason: 'tls' },
  { name: 'a port where nobody is', passes: false, reason: 'refused' },
]
