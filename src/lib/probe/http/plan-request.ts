import { readFile } from 'node:fs/promises'
import type { CheckPlace } from '../../core/check.ts'
import { errnoOf } from '../../core/errno.ts'
import { dialerOf } from '../../net/dial.ts'
import type { PrivateRequest } from '../../net/http/redirect.ts'
import type { Route } from '../../net/http/route.ts'
import type { Field } from '../../net/http1/field.ts'
import { NetError } from '../../net/net-error.ts'
import type { TlsWish } from '../../net/secure-stream.ts'
import { recentTlsFiles, type TlsFileTexts } from '../recent-tls-files.ts'
import { isSecret, textOf } from '../secret-param.ts'
import { tlsTerms } from '../tls-params.ts'
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
  /** The way to the server of a URL: what is meant for the endpoint alone (an address, our certificate) goes to no other. */
  readonly routeTo: (url: URL) => Route
}

const encodings = { gzip: 'gzip', deflate: 'deflate', br: 'br', zstd: 'zstd', any: 'gzip, deflate, br, zstd' } as const
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
  if (!has('user-agent')) headers.push(['user-agent', 'opsctl'])
  if (!has('accept')) headers.push(['accept', '*/*'])
  if (compression !== 'none' && !has('accept-encoding')) headers.push(['accept-encoding', encodings[compression]])
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
      privateHeaders: new Set(privateHeaders),
      privateBody: params.body !== undefined && isSecret(params.body),
    },
    cookies,
    routeTo: await routesOf(place, params, files),
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

async function routesOf(place: CheckPlace, params: HttpParams, files: TlsFileTexts): Promise<RequestPlan['routeTo']> {
  const { endpoint, address, address_family: family, version } = params
  const dialer = dialerOf(place)
  const terms = tlsTerms(params, files)
  const { cert: _cert, key: _key, ...termsElsewhere } = terms
  const proxy = params.proxy === undefined ? undefined : readProxy(await textOf(place, params.proxy))
  const routeTo = (url: URL): Route => {
    const isOwn = url.origin === endpoint.origin
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const serverName = (isOwn ? params.server_name : undefined) ?? host
    const tls: TlsWish = { ...(isOwn ? terms : termsElsewhere), serverName, alpn: alpns[version], insecure: params.insecure }
    return {
      dialer,
      ...(dialer.from === 'host' && { via: place.transport.host.name }),
      endpoint: { host, port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80) },
      family: families[family],
      ...(isOwn && address !== undefined && { address }),
      ...(url.protocol === 'https:' && { tls }),
      ...(proxy && { proxy }),
      ...(version === '2' && { http2: true }),
    }
  }
  const own = routeTo(endpoint)
  return url => (url === endpoint ? own : routeTo(url))
}

const alpns = { '1.1': ['http/1.1'], '2': ['h2'], any: ['h2', 'http/1.1'] } as const
