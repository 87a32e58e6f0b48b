import { isSecretHeader } from '../config/headers-field.ts'
import type { HttpSettings } from '../config/http-shape.ts'
import type { Look } from '../look/look.ts'
import { textOf } from '../look/tls-terms.ts'
import { basicCredentials } from './basic-credentials.ts'
import { readHeldHeaders } from './credentials.ts'
import { decoded } from './decoded.ts'
import type { Hop } from './hop.ts'

interface First {
  readonly url: URL
  readonly settings: HttpSettings
  readonly address: string | undefined
}

/** What is asked of the server that is probed. @throws NetError `unreadable` */
export async function firstHop(look: Look, { url, settings, address }: First): Promise<Hop> {
  const { method, headers: named, http_headers: held, body, body_file: file } = settings
  const given = [...named, ...(await readHeldHeaders(look, held))]
  for (const [name, value] of named) if (isSecretHeader(name)) look.secrets.add(value)
  const host = given.findLast(([name]) => name.toLowerCase() === 'host')?.[1]
  const headers = given.filter(([name]) => name.toLowerCase() !== 'host')
  const has = (name: string): boolean => headers.some(([other]) => other.toLowerCase() === name)
  if (!has('user-agent')) headers.push(['user-agent', 'opsctl'])
  if (url.username !== '' && !has('authorization')) {
    const password = decoded(url.password)
    if (password !== '') look.secrets.add(password)
    headers.push(['authorization', basicCredentials(decoded(url.username), { password })])
  }
  url.username = ''
  url.password = ''
  url.hash = ''
  const content = Buffer.from(body || (await textOf(look, file)))
  return {
    url,
    method,
    headers,
    ...(host !== undefined && { host }),
    ...(content.length > 0 && { body: content }),
    ...(address !== undefined && { address }),
    isFirstServer: true,
  }
}
