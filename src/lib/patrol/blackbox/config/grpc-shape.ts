import { addressShape } from './address-shape.ts'
import { tlsSettings } from './client-shape.ts'
import { list, mapping, record, type ValueOf } from './field.ts'
import { flag, text } from './scalar-fields.ts'

/** What the prober `grpc` asks: the health of a service. */
export const grpcSettings = record('a grpc probe', {
  ...addressShape,
  service: text(),
  tls: flag(false),
  tls_config: tlsSettings,
  metadata: mapping('metadata', list(text())),
})
export type GrpcSettings = ValueOf<typeof grpcSettings>
