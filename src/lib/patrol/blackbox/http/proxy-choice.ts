import type { HttpProxy } from '../../../net/http/route.ts'
import type { Field } from '../../../net/http1/field.ts'
import { NetError } from '../../../net/net-error.ts'
import type { ClientSettings } from '../config/client-shape.ts'
import { addressBytes } from '../ip-address.ts'
import { decoded } from './decoded.ts'
import { hostOf, portOf } from './hop.ts'

type ProxySettings = Pick<ClientSettings, 'proxy_url' | 'no_proxy' | 'proxy_from_environment' | 'proxy_connect_header'>

/** The proxy for a URL, of a configuration or of the environment. @throws NetError for one that is no HTTP proxy */
export function proxyChoice(
  { proxy_url, no_proxy, proxy_from_environment, proxy_connect_header }: ProxySettings,
  env: Readonly<Record<string, string | undefined>>,
): (url: URL) => HttpProxy | undefined {
  const headers = [...proxy_connect_header].flatMap(([name, values]): Field[] =>
    values.flatMap(value => (value ? [[name, value.secret]] : [])),
  )
  const of = (name: string): string => env[name] || env[name.toLowerCase()] || ''
  return url => {
    const ofEnvironment = of(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
    const written = proxy_from_environment ? ofEnvironment : proxy_url
    const except = proxy_from_environment ? of('NO_PROXY') : no_proxy
    if (written === '' || isExempt(url, except)) return undefined
    const proxy = readProxy(written)
    return headers.length > 0 ? { ...proxy, headers } : proxy
  }
}

/** Names, those below a name (`.example.com`, `example.com`), addresses, networks, each perhaps with a port; `*` is everything. */
function isExempt(url: URL, list: string): boolean {
  const host = hostOf(url)
  const bytes = addressBytes(host)
  return list.split(',').some(word => {
    const entry = word.trim().toLowerCase()
    if (entry === '' || entry === '*') return entry === '*'
    const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
    if (port !== undefined && addressBytes(entry) === undefined && Number(port) !== portOf(url)) return false
    const [base = '', bits] = name.split('/')
    const network = addressBytes(base)
    if (network)
      return bytes?.length === network.length && isWithin(bytes, network, bits === undefined ? bytes.length * 8 : Number(bits))
    const bare = name.replace(/^\*?\./, '')
    return (host === bare && !name.startsWith('.')) || host.endsWith(`.${bare}`)
  })
}

const isWithin = (bytes: Uint8Array, network: Uint8Array, bits: number): boolean =>
  bytes.every((byte, index) => {
    const mask = (0xff00 >> Math.max(0, Math.min(8, bits - index * 8))) & 0xff
    return (byte & mask) === ((network[index] ?? 0) & mask)
  })

function readProxy(text: string): HttpProxy {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  if (url === null || url.protocol !== 'http:') {
    throw new NetError('error', 'the proxy is not of the form http://proxy:3128, and no other kind is supported', {
      phase: 'connect',
    })
  }
  const user = decoded(url.username)
  const credentials = Buffer.from(`${user}:${decoded(url.password)}`).toString('base64')
  return { host: hostOf(url), port: portOf(url), ...(user !== '' && { authorization: `Basic ${credentials}` }) }
}
