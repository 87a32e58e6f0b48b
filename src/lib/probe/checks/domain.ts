import { z } from 'zod'
import type { CheckPlace } from '../../core/check.ts'
import { rfc3339 } from '../../core/clock.ts'
import { questionName } from '../../net/dns/question.ts'
import { assertions, business } from '../dimensions/assertions.ts'
import { domainExpiry } from '../dimensions/domain-expiry.ts'
import { latency } from '../dimensions/latency.ts'
import { reachability } from '../dimensions/reachability.ts'
import { readRdap } from '../domain/read-rdap.ts'
import { defineEndpointCheck } from '../endpoint-check.ts'
import { httpParams } from '../http/http-params.ts'
import { lookAtHttp } from '../http/look.ts'
import type { Observation, ObservationFailure } from '../observation.ts'
import { tlsParams } from '../tls-params.ts'

/** Knows the registry of every domain, and redirects to it. */
const everyRegistry = 'https://rdap.org/domain/'
/** An answer is a few kilobytes. */
const maxBytes = '1MiB'

const endpoint = z.string().transform((value, context): { readonly text: string; readonly domain: string } | typeof z.NEVER => {
  const name = /^domain:\/\/([^/:]+)\/?$/i.exec(value)?.[1]
  const domain = name === undefined ? undefined : questionName(name, 'A')?.toLowerCase()
  if (domain !== undefined && domain !== '') return { text: value, domain }
  context.issues.push({ code: 'custom', message: 'is not of the form domain://example.com', input: value })
  return z.NEVER
})

const shape = {
  endpoint: endpoint.describe('domain://example.com, the name as it is registered'),
  server: httpParams.endpoint
    .prefault(everyRegistry)
    .describe(`RDAP server, up to the name of the domain: ${everyRegistry} finds the one of the registry`),
  proxy: httpParams.proxy,
  ...tlsParams,
}
type Params = z.output<z.ZodObject<typeof shape>>
const Request = z.strictObject(httpParams)

/** The registration of a domain, asked for by RDAP (RFC 9082). */
export default defineEndpointCheck({
  type: 'domain',
  summary: 'registration of a domain, and when it ends',
  example: { endpoint: 'domain://example.com', dimensions: [{ type: 'domain_expiry', warn_days: 30 }] },
  params: shape,
  dimensions: [domainExpiry, reachability, latency, assertions, business],
  judgedBy: () => [{ type: 'domain_expiry' }],
  title: ({ endpoint: { text } }) => `${text} is registered`,
  look,
})

async function look(place: CheckPlace, { endpoint: { text, domain }, server, ...params }: Params): Promise<Observation> {
  const url = `${server.href.replace(/\/?$/, '/')}${encodeURIComponent(domain)}`
  const request = Request.parse({
    ...params,
    endpoint: url,
    headers: { accept: 'application/rdap+json' },
    compression: 'any',
    max_body: maxBytes,
  })
  const observation = { ...(await lookAtHttp(place, request)), endpoint: text }
  const failure = observation.failure ?? ofStatus(observation, domain)
  if (failure) return { ...observation, failure: aboutTheServer(failure) }
  const read = readRdap(new TextDecoder().decode(observation.body?.bytes), domain)
  if ('failure' in read) return { ...observation, failure: aboutTheServer(read.failure) }
  const seen = { expires: rfc3339(read.expires), status: [...read.status] }
  place.trace?.(`answer   registered until ${seen.expires}`)
  return { ...observation, registration: read, seen }
}

function ofStatus({ http }: Observation, domain: string): ObservationFailure | undefined {
  const status = http?.status
  if (status === 200) return undefined
  if (status === 404) return { reason: 'missing', message: `no registry knows the domain ${domain}`, phase: 'wait' }
  const message = `status ${status} of the server of the registry`
  return { reason: 'status', message: status === 429 ? `${message}: it was asked too often` : message, phase: 'wait' }
}

/** Nothing but that there is no such domain says anything about the domain. */
const aboutTheServer = (failure: ObservationFailure): ObservationFailure =>
  failure.reason === 'missing' ? failure : { ...failure, unknown: true }
