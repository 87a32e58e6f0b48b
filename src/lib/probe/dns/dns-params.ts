import { z } from 'zod'
import { type NamedServer, namedServer } from '../../net/dns/named-server.ts'
import { questionName } from '../../net/dns/question.ts'
import { recordClasses, recordTypes } from '../../net/dns/record-type.ts'
import { tlsParams } from '../tls-params.ts'

interface DnsEndpoint {
  readonly text: string
  readonly server: NamedServer | undefined
  /** As it was written. */
  readonly name: string
}

const server = z.string().transform((value, context): NamedServer | typeof z.NEVER => {
  const found = namedServer(value)
  if (found) return found
  context.issues.push({
    code: 'custom',
    message: 'is no server: write 192.0.2.53, ns1.example.com:5353 or [2001:db8::53]:53',
    input: value,
  })
  return z.NEVER
})

const endpoint = z.string().transform((value, context): DnsEndpoint | typeof z.NEVER => {
  const [, first, second] = /^dns:\/\/([^/]+)(?:\/([^/]+))?\/?$/i.exec(value) ?? []
  const name = second ?? first
  const given = first !== undefined && second !== undefined ? namedServer(first) : undefined
  const isGood = name !== undefined && questionName(name, 'PTR') !== undefined && (second === undefined || given !== undefined)
  if (isGood) return { text: value, server: given, name }
  context.issues.push({ code: 'custom', message: 'is not of the form dns://NAME or dns://SERVER/NAME', input: value })
  return z.NEVER
})

/** What a look at a name server may be told. */
export const dnsParams = {
  endpoint: endpoint.describe(
    'dns://NAME asks the resolvers of the system, dns://SERVER/NAME or dns://SERVER:PORT/NAME a server',
  ),
  server: z
    .union([server, z.array(server).min(1).max(8)])
    .optional()
    .describe('server to ask, or several: each is asked when the one before fails or is silent for a second'),
  type: z
    .string()
    .transform(type => type.toUpperCase())
    .refine(type => recordTypes.includes(type) || /^TYPE\d{1,5}$/.test(type), 'is no type of record')
    .default('A')
    .describe('A, AAAA, MX, TXT, CNAME, NS, SOA, SRV, PTR (also of an address), CAA, ANY and others; TYPE65 by number'),
  class: z.enum(recordClasses).default('IN'),
  transport: z
    .enum(['udp', 'tcp', 'tls'])
    .default('udp')
    .describe(
      'udp: over TCP where the answer does not fit, and from a host, which sends no datagrams; tls: DNS over TLS, port 853',
    ),
  recursion_desired: z.boolean().default(true).describe('ask the server to ask others'),
  dnssec: z.boolean().default(false).describe('ask for signatures; whether the resolver verified them is in authentic_data'),
  address_family: z.enum(['any', 'ipv4', 'ipv6']).default('any').describe('of the address of the server'),
  ...tlsParams,
}

export type DnsParams = z.output<z.ZodObject<typeof dnsParams>>
