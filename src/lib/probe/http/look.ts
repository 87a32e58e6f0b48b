import type { CheckPlace } from '../../core/check.ts'
import { resolveName } from '../../net/connect.ts'
import { HttpClient } from '../../net/http/client.ts'
import { decodeBody } from '../../net/http/content-coding.ts'
import { CookieJar } from '../../net/http/cookie-jar.ts'
import { follow } from '../../net/http/follow.ts'
import type { PrivateRequest } from '../../net/http/redirect.ts'
import type { Answer, ExchangeOptions } from '../../net/http1/connection.ts'
import { Http1Pool } from '../../net/http1/pool.ts'
import { NetError, netError } from '../../net/net-error.ts'
import { Progress } from '../../net/progress.ts'
import { failureOf } from '../failure-of.ts'
import type { Observation } from '../observation.ts'
import { tlsTools } from '../tls-tools.ts'
import { authorize } from './authorize.ts'
import type { HttpParams } from './http-params.ts'
import { fixedPlan, planRequest, type RequestPlan } from './plan-request.ts'

/** Of an answer so much is kept and judged. */
const heldBytes = 1_048_576
/** Connections that are kept between looks, in a whole run. */
const maxIdle = 512
/** Of a name with more addresses, so many are looked at. */
const maxAddresses = 16

export const httpConnections = (): Http1Pool => new Http1Pool({ maxIdle })

/** One look at a web server, or with `address: all` one at each address of its name. */
export const lookAtHttp = (place: CheckPlace, params: HttpParams): Promise<Observation> =>
  params.address === 'all' ? lookAtAll(place, params) : lookOnce(place, params)

async function lookAtAll(place: CheckPlace, params: HttpParams): Promise<Observation> {
  const start = place.clock.monotonic()
  const progress = new Progress(place.trace)
  try {
    const addresses = await addressesOf(place, params)
    const looks = await Promise.all(addresses.map(address => lookOnce(place, { ...params, address })))
    const [first, ...others] = looks
    if (first) return { ...first, others }
    throw new NetError('dns', 'the name has no address', { phase: 'resolve' })
  } catch (error) {
    const totalMs = place.clock.monotonic() - start
    return { endpoint: params.endpoint.href, phases: {}, totalMs, failure: failureOf(error, progress) }
  }
}

async function addressesOf(place: CheckPlace, { endpoint, address_family: family }: HttpParams): Promise<string[]> {
  if (place.from === 'host') {
    throw new NetError('error', 'the addresses of a name can only be known from here', { phase: 'resolve' })
  }
  const name = endpoint.hostname.replace(/^\[|\]$/g, '')
  const { signal } = place
  try {
    const found = await resolveName(name, { family: family === 'any' ? 0 : family === 'ipv4' ? 4 : 6, signal })
    return [...new Set(found.map(({ address }) => address))].slice(0, maxAddresses)
  } catch (error) {
    signal.throwIfAborted()
    throw netError(error, { phase: 'resolve' })
  }
}

async function lookOnce(place: CheckPlace, params: HttpParams): Promise<Observation> {
  const { clock, signal, trace } = place
  const progress = new Progress(trace)
  const redirects: string[] = []
  let start = clock.monotonic()
  const seen = (found: Pick<Observation, 'http' | 'body' | 'failure' | 'seen'>): Observation => {
    const totalMs = clock.monotonic() - start - progress.queuedMs
    const { phases, address, tls } = progress
    const all = { endpoint: params.endpoint.href, phases, totalMs, ...found }
    return { ...all, ...(address !== undefined && { address }), ...(tls && { tls }) }
  }
  try {
    const client = clientOf(place, params.keep_alive)
    const plan = fixedPlan(place, params) ?? (await planRequest(place, params))
    let { request } = plan
    let refused: (() => void) | undefined
    if (params.auth) {
      ;({ request, refused } = await authorize(plan, { place, params, client: clientOf(place, false) }))
      // What it takes to get a token is no time of the endpoint.
      start = clock.monotonic()
    }
    const limits = { hold: heldBytes, read: params.max_body }
    const { answer, url } = await follow(request, {
      ...{ signal, progress, limits, redirects },
      maxRedirects: params.redirects,
      cookies: jarOf(plan),
      now: clock.now(),
      ask: asking(client, plan),
    })
    if (answer.status === 401) refused?.()
    const body = await decodeBody(answer, { signal, limits })
    const { status, version, headers } = answer
    return seen({ http: { status, version, headers, redirects, url: url.href }, body })
  } catch (error) {
    const failure = failureOf(error, progress)
    return seen(redirects.length > 0 ? { failure, seen: { redirects } } : { failure })
  }
}

function jarOf({ cookies, request }: RequestPlan): CookieJar {
  const jar = new CookieJar()
  for (const cookie of cookies) jar.add(request.url, cookie)
  return jar
}

/** The clients of a run: one that keeps connections (true), and one that does not. */
const clients = (): Map<boolean, HttpClient> => new Map()

function clientOf(place: CheckPlace, keep: boolean): HttpClient {
  const { clock, shared } = place
  const made = shared?.of(clients)
  const known = made?.get(keep)
  if (known) return known
  const client = new HttpClient({ clock, tls: tlsTools(place), ...(keep && shared && { pool: shared.of(httpConnections) }) })
  made?.set(keep, client)
  return client
}

/** Asks by the way of the URL, and tells what is sent and comes. */
function asking(client: HttpClient, { routes }: RequestPlan) {
  return (request: PrivateRequest, options: ExchangeOptions): Promise<Answer> => {
    const answering = (): Promise<Answer> => client.ask(routes.to(request.url), request, options)
    const { trace } = options.progress
    return trace ? tracing(request, trace, answering) : answering()
  }
}

async function tracing(
  request: PrivateRequest,
  trace: (line: string) => void,
  answering: () => Promise<Answer>,
): Promise<Answer> {
  trace(`ask      ${request.method} ${request.url.href}${request.body ? `, ${request.body.length} bytes` : ''}`)
  for (const [name, value] of request.headers) trace(`         ${name}: ${isPrivate(name, request) ? '…' : value}`)
  const answer = await answering()
  trace(`answer   HTTP/${answer.version} ${answer.status}, ${answer.headers.length} headers, ${answer.bodyBytes} bytes`)
  return answer
}

const isPrivate = (name: string, { privateHeaders }: PrivateRequest): boolean =>
  /^(authorization|cookie)$/i.test(name) || privateHeaders.has(name.toLowerCase())
