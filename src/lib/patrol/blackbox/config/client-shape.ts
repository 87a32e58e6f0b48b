import type { ChangeNode } from '../../../plan/file/node.ts'
import { list, mapping, optional, record, type ValueOf, type Values } from './field.ts'
import { choice, flag, secret, text } from './scalar-fields.ts'

/** From old to new, as the runtime calls them. */
export const tlsVersions = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const
const version = () => choice('', 'TLS10', 'TLS11', 'TLS12', 'TLS13')

export const tlsSettings = record(
  'a tls_config',
  {
    ca: text(),
    cert: text(),
    key: secret(),
    ca_file: text(),
    cert_file: text(),
    key_file: text(),
    server_name: text(),
    insecure_skip_verify: flag(false),
    min_version: version(),
    max_version: version(),
  },
  ({ ca, cert, key, ca_file, cert_file, key_file, min_version: least, max_version: most }, node) => {
    refuseTwo(node, { ca, ca_file })
    refuseTwo(node, { cert, cert_file })
    refuseTwo(node, { key, key_file })
    const hasCert = cert !== '' || cert_file !== ''
    const hasKey = key !== undefined || key_file !== ''
    if (hasCert && !hasKey) node.wrong('there is a client certificate without its key', { hint: 'add key_file' })
    if (hasKey && !hasCert) node.wrong('there is a key without its client certificate', { hint: 'add cert_file' })
    if (least !== '' && most !== '' && least > most)
      node.child('max_version').wrong(`max_version ${most} is older than min_version ${least}`)
  },
)
export type TlsSettings = ValueOf<typeof tlsSettings>

const basicAuth = record(
  'a basic_auth',
  { username: text(), username_file: text(), password: secret(), password_file: text() },
  ({ username, username_file, password, password_file }, node) => {
    refuseTwo(node, { username, username_file })
    refuseTwo(node, { password, password_file })
  },
)

const authorization = record(
  'an authorization',
  { type: text('Bearer'), credentials: secret(), credentials_file: text() },
  ({ type, credentials, credentials_file }, node) => {
    refuseTwo(node, { credentials, credentials_file })
    if (type.trim().toLowerCase() === 'basic') node.child('type').wrong('type can not be basic', { hint: 'use basic_auth' })
  },
)

const url = text()
/** Without its password, where people see it. */
const proxyUrl: typeof url = { ...url, tell: value => url.tell(value.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, '$1:<secret>@')) }

const proxyShape = {
  proxy_url: proxyUrl,
  no_proxy: text(),
  proxy_from_environment: flag(false),
  proxy_connect_header: mapping('proxy_connect_header', list(secret())),
}
type ProxySettings = Values<typeof proxyShape>

const oauth2 = record(
  'an oauth2',
  {
    client_id: text(),
    client_secret: secret(),
    client_secret_file: text(),
    scopes: list(text()),
    token_url: text(),
    endpoint_params: mapping('endpoint_params', text()),
    tls_config: tlsSettings,
    ...proxyShape,
  },
  (values, node) => {
    const { client_id: id, client_secret, client_secret_file, token_url: url } = values
    refuseTwo(node, { client_secret, client_secret_file })
    if (id === '') node.child('client_id').wrong('client_id is missing')
    if (client_secret === undefined && client_secret_file === '')
      node.wrong('there is neither client_secret nor client_secret_file')
    if (url === '') node.child('token_url').wrong('token_url is missing')
    else if (!isWebUrl(url)) node.child('token_url').wrong('token_url is not of the form https://host/path')
    judgeProxy(values, node)
  },
)

const heldHeader = record('a header', { values: list(text()), secrets: list(secret()), files: list(text()) })
/** Headers whose values may be secret, or in files. */
export const heldHeaders = (noun: string) => mapping(noun, heldHeader)

/** How a web server is asked. */
export const clientShape = {
  basic_auth: optional(basicAuth),
  authorization: optional(authorization),
  oauth2: optional(oauth2),
  bearer_token: secret(),
  bearer_token_file: text(),
  tls_config: tlsSettings,
  follow_redirects: flag(true),
  enable_http2: flag(true),
  http_headers: heldHeaders('http_headers'),
  ...proxyShape,
}
export type ClientSettings = Values<typeof clientShape>

/** Notes what can not stand together. */
export function judgeClient(values: ClientSettings, node: ChangeNode): void {
  const { bearer_token, bearer_token_file, basic_auth, authorization: other, oauth2: tokens } = values
  refuseTwo(node, { bearer_token, bearer_token_file })
  const bearer = bearer_token !== undefined || bearer_token_file !== ''
  const ways = { basic_auth, authorization: other, oauth2: tokens, ...(bearer && { bearer_token: bearer }) }
  refuseTwo(node, ways, 'are two ways to log in, of which there can be one')
  judgeProxy(values, node)
}

function judgeProxy(
  { proxy_url: url, no_proxy, proxy_from_environment, proxy_connect_header: sent }: ProxySettings,
  node: ChangeNode,
): void {
  refuseTwo(node, { proxy_url: url, proxy_from_environment })
  refuseTwo(node, { no_proxy, proxy_from_environment })
  if (url !== '' && !/^http:\/\/[^/]/i.test(url)) {
    node
      .child('proxy_url')
      .wrong('proxy_url is not of the form http://proxy:3128', { hint: 'no other kind of proxy is supported' })
  }
  if (no_proxy !== '' && url === '') node.child('no_proxy').wrong('no_proxy says nothing without proxy_url')
  if (sent.size > 0 && url === '' && !proxy_from_environment) {
    node.child('proxy_connect_header').wrong('proxy_connect_header says nothing without a proxy')
  }
}

/** Notes where more than one of the keys has a value. */
export function refuseTwo(
  node: ChangeNode,
  values: Readonly<Record<string, unknown>>,
  why = 'say the same thing twice: leave one of them out',
): void {
  const [first, second] = Object.keys(values).filter(key => ![undefined, '', false].includes(values[key] as undefined))
  if (first !== undefined && second !== undefined) node.child(second).wrong(`${first} and ${second} ${why}`, { part: 'key' })
}

const isWebUrl = (url: string): boolean => /^https?:$/.test(URL.parse(url)?.protocol ?? '')
