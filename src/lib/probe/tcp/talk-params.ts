import { z } from 'zod'
import { startTlsNames } from '../../net/starttls/begin-tls.ts'
import { scriptParams } from '../script/script-params.ts'
import { tlsParams } from '../tls-params.ts'

/** What a look at a server that speaks in lines may be told. */
export const talkParams = {
  ...scriptParams,
  tls: z.boolean().default(false).describe('speak TLS from the first byte'),
  ...tlsParams,
}

/** What a look at one over the network may be told besides. */
export const networkParams = {
  starttls: z.enum(startTlsNames).optional().describe('the protocol that goes over to TLS before the script begins'),
  address: z.string().optional().describe('connect to this address whatever the name resolves to'),
  address_family: z.enum(['any', 'ipv4', 'ipv6']).default('any'),
}

export type TalkParams = z.output<z.ZodObject<typeof talkParams>>
