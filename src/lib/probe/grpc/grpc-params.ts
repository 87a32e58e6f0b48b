import { z } from 'zod'
import { isToken } from '../../net/http1/field.ts'
import { textsField } from '../http/headers-field.ts'
import { serverAddressField } from '../server-address.ts'
import { tlsParams } from '../tls-params.ts'

/** Fields that follow from the call. */
const ours = /^(grpc-.*|te|content-type|content-length|connection|host|user-agent|transfer-encoding|upgrade)$/

const metadataProblem = (name: string): string | undefined =>
  !isToken(name)
    ? 'this can not be the name of metadata'
    : name !== name.toLowerCase()
      ? 'names of metadata are in lower case'
      : ours.test(name)
        ? 'opsctl says this itself'
        : undefined

/** What a look at a gRPC server may be told. */
export const grpcParams = {
  endpoint: serverAddressField({ schemes: ['grpc', 'grpcs'], ports: { grpc: 80, grpcs: 443 }, resource: 'service' }).describe(
    'grpc:// or, with TLS, grpcs://host:port/service; without a service the server as a whole',
  ),
  metadata: textsField(metadataProblem).describe('values are texts, or secrets as { file: … } or { env: … }'),
  address: z.string().optional().describe('connect to this address whatever the name resolves to'),
  address_family: z.enum(['any', 'ipv4', 'ipv6']).default('any'),
  ...tlsParams,
}

export type GrpcParams = z.output<z.ZodObject<typeof grpcParams>>
