import type { Reason } from '../../src/lib/core/item.ts'
import type { Json } from '../../src/lib/core/json.ts'

/** What a server says of its services, by number: 1 is SERVING. */
type Services = Readonly<Record<string, number>>

/**
 * What blackbox_exporter's own tests of its gRPC prober (prober/grpc_test.go, Apache License 2.0) demand, as parameters of ours. The
 * status that it expects in its metrics is `code` and `health`.
 */
export interface BlackboxGrpcCase {
  /** Its test, and what is special. */
  readonly name: string
  /** Absent: a server of gRPC without the health service; `none`: nobody listens. */
  readonly services?: Services | 'none'
  /** The server speaks TLS, with a certificate of a stranger for localhost. */
  readonly tls?: boolean
  readonly endpoint: string
  readonly config?: Readonly<Record<string, Json>>
  readonly passes: boolean
  readonly reason?: Reason
  readonly code?: number
  readonly health?: string
  /** Metadata that the server must have got. */
  readonly metadata?: Readonly<Record<string, string>>
}

const service: Services = { '': 1, service: 1 }
const two: Services = { service1: 1, service2: 2 }

export const blackboxGrpcCases: readonly BlackboxGrpcCase[] = [
  { name: 'GRPCConnection', services: service, endpoint: 'grpc://localhost:PORT', passes: true, code: 0, health: 'SERVING' },
  {
    name: 'GRPCConnectionWithMetadata',
    services: service,
    endpoint: 'grpc://localhost:PORT/service',
    config: { metadata: { 'x-shop': 'a', authorization: { env: 'TOKEN' } } },
    passes: true,
    code: 0,
    health: 'SERVING',
    metadata: { 'x-shop': 'a', authorization: 'mysecret' },
  },
  {
    name: 'MultipleGRPCservices: one that serves',
    services: two,
    endpoint: 'grpc://localhost:PORT/service1',
    passes: true,
    code: 0,
    health: 'SERVING',
  },
  {
    name: 'MultipleGRPCservices: one that does not',
    services: two,
    endpoint: 'grpc://localhost:PORT/service2',
    passes: false,
    reason: 'not-serving',
    code: 0,
    health: 'NOT_SERVING',
  },
  {
    name: 'MultipleGRPCservices: one that there is not',
    services: two,
    endpoint: 'grpc://localhost:PORT/service3',
    passes: false,
    reason: 'missing',
    code: 5,
  },
  {
    name: 'GRPCTLSConnection',
    services: service,
    tls: true,
    endpoint: 'grpcs://localhost:PORT',
    config: { insecure: true, max_version: '1.2' },
    passes: true,
    code: 0,
    health: 'SERVING',
  },
  {
    name: 'GRPCTLSConnection: of a stranger',
    services: service,
    tls: true,
    endpoint: 'grpcs://localhost:PORT',
    passes: false,
  },
  {
    name: 'NoTLSConnection: TLS with a server that has none',
    services: service,
    endpoint: 'grpcs://localhost:PORT',
    config: { insecure: true },
    passes: false,
    reason: 'tls',
  },
  {
    name: 'GRPCServiceNotFound',
    services: service,
    endpoint: 'grpc://localhost:PORT/NonExistingService',
    passes: false,
    reason: 'missing',
    code: 5,
  },
  {
    name: 'GRPCHealthCheckUnimplemented',
    endpoint: 'grpc://localhost:PORT/NonExistingService',
    passes: false,
    reason: 'missing',
    code: 12,
  },
  {
    name: 'GRPCAbsentFailedTLS',
    services: 'none',
    endpoint: 'grpcs://127.0.0.1:PORT/NonExistingService',
    passes: false,
    reason: 'refused',
  },
]
