import { HttpClient } from '../../../net/http/client.ts'
import type { Field } from '../../../net/http1/field.ts'
import { Progress } from '../../../net/progress.ts'
import type { ClientSettings } from '../config/client-shape.ts'
import type { Look } from '../look/look.ts'
import { secretOf, textOf, tlsTerms } from '../look/tls-terms.ts'
import { basicCredentials } from './basic-credentials.ts'
import type { ClientTools } from './client-tools.ts'
import { fetchToken } from './fetch-token.ts'
import { proxyChoice } from './proxy-choice.ts'

/** Reads what settings of a client name. @throws NetError `unreadable`, `auth` where there is no token; the signal's reason */
export async function clientTools(look: Look, settings: ClientSettings): Promise<ClientTools> {
  const value = await authorizationOf(look, settings)
  if (value !== undefined) look.secrets.add(value.replace(/^\S+ /, ''))
  return {
    tls: await tlsTerms(look, settings.tls_config),
    credentials: value === undefined ? [] : [['authorization', value]],
    proxyFor: proxyChoice(settings, look.tools.env),
  }
}

async function authorizationOf(look: Look, settings: ClientSettings): Promise<string | undefined> {
  const { basic_auth: basic, authorization: other, oauth2, bearer_token: token, bearer_token_file: tokenFile } = settings
  if (basic) {
    const user = basic.username || (await textOf(look, basic.username_file)).trim()
    const password = await secretOf(look, basic.password, basic.password_file)
    return basicCredentials(user, { password })
  }
  const [type, bearer] = other
    ? [other.type.trim() || 'Bearer', await secretOf(look, other.credentials, other.credentials_file)]
    : ['Bearer', await secretOf(look, token, tokenFile)]
  if (bearer !== '') return `${type} ${bearer}`
  return oauth2 ? `Bearer ${await tokenOf(look, oauth2)}` : undefined
}

async function tokenOf(look: Look, settings: NonNullable<ClientSettings['oauth2']>): Promise<string> {
  const { clock, tls: shared, env } = look.tools
  const terms = await tlsTerms(look, settings.tls_config)
  const clientSecret = await secretOf(look, settings.client_secret, settings.client_secret_file)
  look.tell('info', 'Asking for a token', { url: settings.token_url })
  const token = await fetchToken({
    ...settings,
    clientSecret,
    terms,
    proxyFor: proxyChoice(settings, env),
    client: new HttpClient({ clock, tls: shared }),
    // Its stages are none of the target's.
    options: { signal: look.signal, progress: new Progress(look.progress.trace), limits: { hold: 65_536, read: 65_536 } },
    clock,
  })
  look.secrets.add(token)
  return token
}

/** Headers whose values may be in files or secret. @throws NetError `unreadable` */
export async function readHeldHeaders(look: Look, held: ClientSettings['http_headers']): Promise<Field[]> {
  const fields: Field[] = []
  for (const [name, { values, secrets, files }] of held) {
    for (const value of values) fields.push([name, value])
    for (const secret of secrets) fields.push([name, await secretOf(look, secret, '')])
    for (const file of files) fields.push([name, await secretOf(look, undefined, file)])
  }
  return fields
}
