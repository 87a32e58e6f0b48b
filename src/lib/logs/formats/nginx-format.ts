import { nearest } from '../../core/nearest.ts'
import { type FieldType, type Template, TemplateFault, type TemplatePart, templateOf } from './template.ts'

/** Variables of nginx (https://nginx.org/en/docs/varindex.html) that logs are made of: as which field, and of which type. */
const variables: Readonly<Record<string, readonly [field: string, type: FieldType]>> = {
  remote_addr: ['remote_addr', 'text'],
  remote_user: ['remote_user', 'text'],
  time_local: ['time', 'time-local'],
  time_iso8601: ['time', 'time-iso'],
  msec: ['time', 'time-seconds'],
  request: ['request', 'request'],
  status: ['status', 'number'],
  body_bytes_sent: ['bytes', 'number'],
  bytes_sent: ['bytes_sent', 'number'],
  request_length: ['request_length', 'number'],
  request_time: ['request_time', 'number'],
  http_referer: ['referer', 'text'],
  http_user_agent: ['user_agent', 'text'],
  request_method: ['method', 'text'],
  request_uri: ['path', 'text'],
  server_protocol: ['protocol', 'text'],
  upstream_response_time: ['upstream_response_time', 'number-or-text'],
  upstream_connect_time: ['upstream_connect_time', 'number-or-text'],
  upstream_header_time: ['upstream_header_time', 'number-or-text'],
  upstream_response_length: ['upstream_response_length', 'number-or-text'],
  upstream_bytes_received: ['upstream_bytes_received', 'number-or-text'],
  upstream_bytes_sent: ['upstream_bytes_sent', 'number-or-text'],
  upstream_status: ['upstream_status', 'number-or-text'],
  connection: ['connection', 'number'],
  connection_requests: ['connection_requests', 'number'],
  connection_time: ['connection_time', 'number'],
  content_length: ['content_length', 'number'],
  pid: ['pid', 'number'],
  remote_port: ['remote_port', 'number'],
  server_port: ['server_port', 'number'],
  tcpinfo_rtt: ['tcpinfo_rtt', 'number'],
  gzip_ratio: ['gzip_ratio', 'number'],
  bytes_received: ['bytes_received', 'number'],
  session_time: ['session_time', 'number'],
}

/** Those that are text under their own names. */
const texts: readonly string[] = [
  'ancient_browser',
  'args',
  'binary_remote_addr',
  'body_bytes_received',
  'content_type',
  'document_root',
  'document_uri',
  'geoip_city',
  'geoip_country_code',
  'geoip_region',
  'host',
  'hostname',
  'https',
  'is_args',
  'limit_rate',
  'nginx_version',
  'pipe',
  'protocol',
  'proxy_add_x_forwarded_for',
  'proxy_host',
  'proxy_port',
  'proxy_protocol_addr',
  'proxy_protocol_port',
  'query_string',
  'realip_remote_addr',
  'realip_remote_port',
  'request_body',
  'request_completion',
  'request_filename',
  'request_id',
  'scheme',
  'server_addr',
  'server_name',
  'ssl_alpn_protocol',
  'ssl_cipher',
  'ssl_client_s_dn',
  'ssl_client_verify',
  'ssl_curve',
  'ssl_protocol',
  'ssl_server_name',
  'ssl_session_reused',
  'trace_id',
  'uid_got',
  'uid_set',
  'upstream_addr',
  'upstream_cache_status',
  'uri',
]

/** The name behind these is the user's. */
const prefixes =
  /^(?:arg|cookie|http|sent_http|sent_trailer|upstream_http|upstream_cookie|upstream_trailer|ssl_client|jwt_claim|otel)_./

const types: readonly FieldType[] = [
  'text',
  'number',
  'number-or-text',
  'time-local',
  'time-iso',
  'time-seconds',
  'time-milliseconds',
  'request',
]

/**
 * A `log_format` of nginx as a template. A variable that the configuration made for itself is written `${name:text}`, or with another type.
 * @throws TemplateFault
 */
export function nginxTemplate(format: string): Template {
  if (/^\s*log_format\s/.test(format))
    throw new TemplateFault('this is the directive', 0, 'give what stands in its quotes, without its name')
  const parts: TemplatePart[] = []
  let at = 0
  for (const found of format.matchAll(/\$(?:\{([^}]*)(\}?)|(\w*))/g)) {
    if (found.index > at) parts.push({ literal: format.slice(at, found.index) })
    at = found.index + found[0].length
    parts.push(variable(found))
  }
  if (at < format.length) parts.push({ literal: format.slice(at) })
  return templateOf('nginx', parts)
}

function variable({ index: at, 1: braced, 2: end, 3: plain }: RegExpExecArray): TemplatePart {
  if (braced !== undefined && end === '') throw new TemplateFault(`\${${braced} has no }`, at)
  const [name = '', own] = (braced ?? plain ?? '').split(':')
  if (!/^\w+$/.test(name)) throw new TemplateFault(`'${name}' is not the name of a variable`, at)
  if (own !== undefined) {
    const type = types.find(each => each === own)
    if (type) return { name, type, at }
    const close = nearest(own, types) ?? 'text'
    throw new TemplateFault(`'${own}' is not a type`, at, `did you mean ${close}? Types are ${types.join(', ')}`)
  }
  const known = Object.hasOwn(variables, name) ? variables[name] : undefined
  if (known) return { name: known[0], type: known[1], at }
  if (texts.includes(name) || prefixes.test(name)) return { name, type: 'text', at }
  const close = nearest(name, [...Object.keys(variables), ...texts])
  const itself = `a variable of your own is written \${${name}:text}`
  throw new TemplateFault(`nginx has no variable $${name}`, at, close ? `did you mean $${close}? ${itself}` : itself)
}
