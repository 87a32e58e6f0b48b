import { OpsError } from '../../core/errors.ts'
import type { HttpProxy } from '../../net/http/route.ts'
import { basicCredentials } from './credentials.ts'

/** `http://user:password@proxy.example.com:3128`. @throws OpsError E_CONFIG for anything else */
export function readProxy(text: string): HttpProxy {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  if (url === null || url.protocol !== 'http:' || url.hostname === '') {
    throw new OpsError('E_CONFIG', 'the proxy is no http:// URL', { hint: 'write http://proxy.example.com:3128' })
  }
  const user = decodeURIComponent(url.username)
  const password = decodeURIComponent(url.password)
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || 80,
    ...(user !== '' && { authorization: basicCredentials(user, { password }) }),
  }
}
