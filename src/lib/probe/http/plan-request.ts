import { readFile } from 'node:fs/promises'
import type { CheckPlace } from '../../core/check.ts'
import { errnoOf } from '../../core/errno.ts'
import { type Dialer, dialerOf } from '../../net/dial.ts'
import type { PrivateRequest } from '../../net/http/redirect.ts'
import type { HttpProxy, Route } from '../../net/http/route.ts'
import type { Field } from '../../net/http1/field.ts'
import { NetError } from '../../net/net-error.ts'
import type { TlsWish } from '../../net/secure-stream.ts'
import { recentTlsFiles, type TlsFileTexts } from '../recent-tls-files.ts'
import { isSecret, textOf } from '../secret-param.ts'
import { type TlsTerms, tlsTerms } from '../tls-params.ts'
import type { HttpParams } from './http-params.ts'
import { readProxy } from './proxy.ts'

interface Cookie {
  readonly name: string
  readonly value: string
}

/** What is sent, and by which ways. */
export interface RequestPlan {
  readonly request: PrivateRequest
  /** Those that are there before the first request, by name. */
  readonly cookies: readonly Cookie[]
  readonly routes: Pick<Routes, 'to'>
}

// Plans are kept for every check: what all of them have is there once.
const encodings: Readonly<Record<'gzip' | 'deflate' | 'br' | 'zstd' | 'any', Field>> = {
  gzip: ['accept-encoding', 'gzip'],
  deflate: ['accept-encoding', 'deflate'],
  br: ['accept-encoding', 'br'],
  zstd: ['accept-encoding', 'zstd'],
  any: ['accept-encoding', 'gzip, deflate, br, zstd'],
}
const userAgent: Field = ['user-agent', 'opsctl']
const accept: Field = ['accept', '*/*']
const noNames: ReadonlySet<string> = new Set()
const noCookies: readonly Cookie[] = []
const noTerms: TlsTerms = {}
const families = { any: 0, ipv4: 4, ipv6: 6 } as const

interface FixedPlan {
  readonly plan: RequestPlan
  /** What the plan was made with; undefined where it needs none. */
  readonly files: TlsFileTexts | undefined
}

/** Plans of parameters that name no secret, which change with their files only. */
const fixedPlans = (): WeakMap<HttpParams, FixedPlan> => new WeakMap()

/** The plan of an earlier look, where nothing needs to be read for it. */
export function fixedPlan({ from, shared }: CheckPlace, params: HttpParams): RequestPlan | undefined {
  const known = from === 'host' ? undefined : shared?.of(fixedPlans).get(params)
  return known?.files === undefined ? known?.plan : undefined
}

/** Reads the secrets and files of the parameters, without those of `auth`. @throws OpsError when one can not be read */
export async function planRequest(place: CheckPlace, params: HttpParams): Promise<RequestPlan> {
  const fixed = place.from !== 'host' && isFixed(params) ? place.shared?.of(fixedPlans) : undefined
  const files = hasTlsFiles(params) ? await recentTlsFiles(place, params) : undefined
  const known = fixed?.get(params)
  if (known && known.files === files) return known.plan
  const plan = await readPlan(place, params, files ?? {})
  fixed?.set(params, { plan, files })
  return plan
}

function isFixed({ headers, cookies, body, body_file: file, proxy }: HttpParams): boolean {
  const values = [...Object.values(headers), ...Object.values(cookies), body ?? '', proxy ?? '']
  return values.every(value => !isSecret(value)) && file === undefined
}

const hasTlsFiles = ({ ca, cert, key, crl }: HttpParams): boolean => [ca, cert, key, crl].some(path => path !== undefined)

async function readPlan(place: CheckPlace, params: HttpParams, files: TlsFileTexts): Promise<RequestPlan> {
  const { endpoint, method, compression } = params
  const named = await Promise.all(
    Object.entries(params.headers).map(async ([name, value]): Promise<Field> => [name, await textOf(place, value)]),
  )
  const has = (name: string): boolean => named.some(([other]) => other.toLowerCase() === name)
  const headers: Field[] = [...named]
  if (!has('user-agent')) headers.push(userAgent)
  if (!has('accept')) headers.push(accept)
  if (compression !== 'none' && !has('accept-encoding')) headers.push(encodings[compression])
  const cookies = await Promise.all(
    Object.entries(params.cookies).map(async ([name, value]): Promise<Cookie> => ({ name, value: await textOf(place, value) })),
  )
  const privateHeaders = Object.entries(params.headers).flatMap(([name, value]) => (isSecret(value) ? [name.toLowerCase()] : []))
  const body = await bodyOf(place, params)
  return {
    request: {
      url: endpoint,
      method,
      headers,
      ...(body && { body }),
      privateHeaders: privateHeaders.length === 0 ? noNames : new Set(privateHeaders),
      privateBody: params.body !== undefined && isSecret(params.body),
    },
    cookies: cookies.length === 0 ? noCookies : cookies,
    routes: await routesOf(place, params, files),
  }
}

async function bodyOf(place: CheckPlace, { body, body_file: file }: HttpParams): Promise<Buffer | undefined> {
  if (body !== undefined) return Buffer.from(await textOf(place, body))
  return file === undefined ? undefined : readBody(file)
}

/** @throws NetError `unreadable` */
async function readBody(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new NetError('unreadable', `could not read ${path}: ${errnoOf(cause) ?? cause}`, { phase: 'wait', cause })
  }
}

async function routesOf(place: CheckPlace, params: HttpParams, files: TlsFileTexts): Promise<Routes> {
  const dialer = dialerOf(place)
  // Not the place itself: plans outlive the look that they were made for.
  const via = dialer.from === 'host' ? place.transport.host.name : undefined
  const proxy = params.proxy === undefined ? undefined : readProxy(await textOf(place, params.proxy))
  const terms = tlsTerms(params, files)
  return new Routes(params, { dialer, via, proxy, terms: Object.keys(terms).length === 0 ? noTerms : terms })
}

interface Ways {
  readonly dialer: Dialer
  readonly via: string | undefined
  readonly proxy: HttpProxy | undefined
  readonly terms: TlsTerms
}

/** The ways to servers. What is meant for the endpoint alone (an address, our certificate) goes to no other. */
class Routes {
  readonly #params: HttpParams
  readonly #ways: Ways
  readonly #own: Route

  constructor(params: HttpParams, ways: Ways) {
    this.#params = params
    this.#ways = ways
    this.#own = this.#made(params.endpoint)
  }

  to(url: URL): Route {
    return url === this.#params.endpoint ? this.#own : this.#made(url)
  }

  #made(url: URL): Route {
    const { endpoint, address, address_family: family, version, server_name: name, insecure } = this.#params
    const { dialer, via, proxy, terms } = this.#ways
    const isOwn = url.origin === endpoint.origin
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const { cert: _cert, key: _key, ...termsElsewhere } = terms
    const serverName = (isOwn ? name : undefined) ?? host
    const tls = (): TlsWish => ({ ...(isOwn ? terms : termsElsewhere), serverName, alpn: alpns[version], insecure })
    return {
      dialer,
      ...(via !== undefined && { via }),
      endpoint: { host, port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80) },
      family: families[family],
      ...(isOwn && address !== undefined && { address }),
      ...(url.protocol === 'https:' && { tls: tls() }),
      ...(proxy && { proxy }),
      ...(version === '2' && { http2: true }),
    }
  }
}

const alpns = { '1.1': ['http/1.1'], '2': ['h2'], any: ['h2', 'http/1.1'] } as const
