import { addressShape } from './address-shape.ts'
import { tlsSettings } from './client-shape.ts'
import { list, mapping, record, type ValueOf } from './field.ts'
import { isSecretHeader } from './headers-field.ts'
import { flag, text } from './scalar-fields.ts'

const values = mapping('metadata', list(text()))
/** Sent with the call. */
const metadata: typeof values = {
  ...values,
  tell: named => values.tell(new Map([...named].map(([name, each]) => [name, isSecretHeader(name) ? ['<secret>'] : each]))),
}

/** What the prober `grpc` asks: the health of a service. */
export const grpcSettings = record('a grpc probe', {
  ...addressShape,
  service: text(),
  tls: flag(false),
  tls_config: tlsSettings,
  metadata,
})
export type GrpcSettings = ValueOf<typeof grpcSettings>
