import { z } from 'zod'
import { isFieldValue, isToken } from '../../net/http1/field.ts'
import { secretOr } from '../secret-param.ts'
import { serverAddressField } from '../server-address.ts'
import { tlsParams } from '../tls-params.ts'

/** Fields that follow from the call. */
const ours = /^(grpc-.*|te|content-type|content-length|connection|host|user-agent|transfer-encoding|upgrade)$/

/** What a look at a gRPC server may be told. */
export const grpcParams = {
  endpoint: serverAddressField({ schemes: ['grpc', 'grpcs'], ports: { grpc: 80, grpcs: 443 }, resource: 'service' }).describe(
    'grpc:// or, with TLS, grpcs://host:port/service; without a service the server as a whole',
  ),
  metadata: z
    .record(
      z
        .string()
        .refine(isToken, 'is no name of metadata')
        .refine(name => name === name.toLowerCase(), 'must be in lower case')
        .refine(name => !ours.test(name), 'is said by opsctl itself'),
      secretOr(z.string().refine(isFieldValue, 'holds a line break or a control character')),
    )
    .default({})
    .describe('values are texts, or secrets as { file: … } or { env: … }'),
  address: z.string().optional().describe('connect to this address whatever the name resolves to'),
  address_family: z.enum(['any', 'ipv4', 'ipv6']).default('any'),
  ...tlsParams,
}

export type GrpcParams = z.output<z.ZodObject<typeof grpcParams>>
