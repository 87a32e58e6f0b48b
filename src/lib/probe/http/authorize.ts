import type { CheckPlace } from '../../core/check.ts'
import type { HttpClient } from '../../net/http/client.ts'
import type { PrivateRequest } from '../../net/http/redirect.ts'
import { Progress } from '../../net/progress.ts'
import { textOf } from '../secret-param.ts'
import { basicCredentials } from './credentials.ts'
import type { HttpParams } from './http-params.ts'
import { TokenCache, type TokenTerms } from './oauth2.ts'
import type { RequestPlan } from './plan-request.ts'

const tokenLimits = { hold: 65_536, read: 65_536 }

const tokens = (): TokenCache => new TokenCache()

interface Authorizing {
  readonly place: CheckPlace
  readonly params: HttpParams
  readonly client: HttpClient
}

interface Authorized {
  readonly request: PrivateRequest
  /** The server does not accept the credentials. */
  refused(): void
}

const nothing = (): void => undefined

/** The request with its credentials. @throws OpsError for a secret that can not be read, NetError where there is no token */
export async function authorize(plan: RequestPlan, { place, params, client }: Authorizing): Promise<Authorized> {
  const { auth } = params
  if (auth === undefined) return { request: plan.request, refused: nothing }
  const withValue = (value: string): PrivateRequest => {
    place.hides?.(value.replace(/^\S+ /, ''))
    return { ...plan.request, headers: [...plan.request.headers, ['authorization', value]] }
  }
  if ('basic' in auth) {
    const { user, password } = auth.basic
    return { request: withValue(basicCredentials(user, { password: await textOf(place, password) })), refused: nothing }
  }
  if ('bearer' in auth) return { request: withValue(`Bearer ${await textOf(place, auth.bearer)}`), refused: nothing }
  const { token_url: url, client_id: clientId, client_secret: secret, scopes } = auth.oauth2
  const terms: TokenTerms = { url, clientId, clientSecret: await textOf(place, secret), scopes }
  const cache = place.shared?.of(tokens) ?? tokens()
  const { signal, clock, trace } = place
  const token = await cache.token(terms, {
    now: clock.now(),
    signal,
    ask(form) {
      trace?.(`token    POST ${url.href}`)
      const options = { signal, progress: new Progress(trace), limits: tokenLimits }
      return client.ask(plan.routes.to(url), { url, method: 'POST', ...form }, options)
    },
  })
  return { request: withValue(`Bearer ${token}`), refused: () => cache.forget(terms) }
}
