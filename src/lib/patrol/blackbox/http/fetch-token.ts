import type { Clock } from '../../../core/clock.ts'
import { dialFromHere } from '../../../net/dial.ts'
import type { HttpClient } from '../../../net/http/client.ts'
import type { Route } from '../../../net/http/route.ts'
import type { Answer, ExchangeOptions } from '../../../net/http1/connection.ts'
import { NetError } from '../../../net/net-error.ts'
import type { TlsWish } from '../../../net/secure-stream.ts'
import type { ClientSettings } from '../config/client-shape.ts'
import { basicCredentials } from './basic-credentials.ts'
import { hostOf, portOf } from './hop.ts'

type OauthSettings = Pick<NonNullable<ClientSettings['oauth2']>, 'client_id' | 'scopes' | 'token_url' | 'endpoint_params'>

interface Fetching extends OauthSettings {
  readonly clientSecret: string
  readonly terms: Omit<TlsWish, 'serverName'>
  readonly proxyFor: (url: URL) => Route['proxy']
  readonly client: HttpClient
  readonly options: ExchangeOptions
  readonly clock: Clock
}

/**
 * A token of client credentials (RFC 6749, section 4.4). The client says who it is in the header, and where that is refused in the form,
 * as some servers want it.
 * @throws NetError `auth` where there is none
 */
export async function fetchToken(fetching: Fetching): Promise<string> {
  const { client_id: id, clientSecret, scopes, endpoint_params: further } = fetching
  const form = {
    grant_type: 'client_credentials',
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...Object.fromEntries(further),
  }
  const encoded = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+')
  const first = await post(fetching, form, basicCredentials(encoded(id), { password: encoded(clientSecret) }))
  const answer = first.status === 200 ? first : await post(fetching, { ...form, client_id: id, client_secret: clientSecret })
  const token = answer.status === 200 ? readToken(answer.body) : undefined
  if (token !== undefined) return token
  const why = answer.status === 200 ? 'the answer of its server holds none' : `status ${answer.status} of its server`
  throw new NetError('auth', `no token: ${why}`, { phase: 'transfer' })
}

function post(
  { token_url: text, terms, proxyFor, client, options, clock }: Fetching,
  form: Record<string, string>,
  authorization?: string,
): Promise<Answer> {
  const url = new URL(text)
  const host = hostOf(url)
  const proxy = proxyFor(url)
  const route = {
    dialer: dialFromHere(clock),
    endpoint: { host, port: portOf(url) },
    ...(proxy && { proxy }),
    ...(url.protocol === 'https:' && { tls: { ...terms, serverName: host, alpn: ['http/1.1'] } }),
  }
  const headers = [
    ['content-type', 'application/x-www-form-urlencoded'] as const,
    ['accept', 'application/json'] as const,
    ...(authorization === undefined ? [] : [['authorization', authorization] as const]),
  ]
  return client.ask(route, { url, method: 'POST', headers, body: Buffer.from(new URLSearchParams(form).toString()) }, options)
}

function readToken(body: Buffer): string | undefined {
  try {
    const answer: unknown = JSON.parse(body.toString())
    const token = typeof answer === 'object' && answer !== null && 'access_token' in answer ? answer.access_token : undefined
    return typeof token === 'string' && token !== '' ? token : undefined
  } catch {
    return undefined
  }
}
