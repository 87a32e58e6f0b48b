import type { ChangeNode } from '../../../plan/file/node.ts'
import { asksFor } from './accept-encoding.ts'
import { addressShape } from './address-shape.ts'
import { clientShape, judgeClient, refuseTwo } from './client-shape.ts'
import { list, optional, record, type ValueOf, type Values } from './field.ts'
import { headersField } from './headers-field.ts'
import { choice, condition, flag, integer, pattern, size, text } from './scalar-fields.ts'

const headerMatch = record(
  'a header matcher',
  { header: text(), regexp: optional(pattern()), allow_missing: flag(false) },
  ({ header, regexp }, node) => {
    if (header === '') node.child('header').wrong('header is missing', { hint: 'name the header to look at' })
    if (regexp === undefined) node.child('regexp').wrong('regexp is missing', { hint: 'say what its value must be like' })
  },
)
export type HeaderMatch = ValueOf<typeof headerMatch>

/** The fourth is no version that a server has, but stands in the example of blackbox_exporter; it never fits there either. */
const versions = choice('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/2', 'HTTP/3.0')

const httpShape = {
  valid_status_codes: list(integer({ least: 100, most: 999 })),
  valid_http_versions: list(versions),
  ...addressShape,
  skip_resolve_phase_with_proxy: flag(false),
  no_follow_redirects: optional(flag(false)),
  fail_if_ssl: flag(false),
  fail_if_not_ssl: flag(false),
  method: text('GET'),
  headers: headersField('headers'),
  fail_if_body_matches_regexp: list(pattern()),
  fail_if_body_not_matches_regexp: list(pattern()),
  fail_if_body_json_matches_cel: condition(),
  fail_if_body_json_not_matches_cel: condition(),
  fail_if_header_matches: list(headerMatch),
  fail_if_header_not_matches: list(headerMatch),
  body: text(),
  body_file: text(),
  compression: text(),
  body_size_limit: size(),
  enable_http3: flag(false),
  ...clientShape,
}

/** What the prober `http` asks, and what of the answer is good. */
export const httpSettings = record('an http probe', httpShape, (values, node) => {
  judgeClient(values, node)
  refuseTwo(node, { body: values.body, body_file: values.body_file })
  judgeVersions(values, node)
  judgeHeaders(values, node)
  judgeCompression(values, node)
})
export type HttpSettings = ValueOf<typeof httpSettings>

function judgeVersions(
  { enable_http3: http3, enable_http2: http2, valid_http_versions: valid }: Values<typeof httpShape>,
  node: ChangeNode,
): void {
  const third = valid.indexOf('HTTP/3.0')
  if (!http3) {
    if (third !== -1)
      node.within(['valid_http_versions', third]).wrong('HTTP/3.0 can not be the version where enable_http3 is not set')
    return
  }
  const other = valid.findIndex(version => version !== 'HTTP/3.0')
  if (other !== -1)
    node.within(['valid_http_versions', other]).wrong(`${valid[other]} can not be the version where enable_http3 is set`)
  if (http2) node.child('enable_http3').wrong('enable_http3 needs enable_http2: false')
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

function judgeHeaders({ headers, method, compression }: Values<typeof httpShape>, node: ChangeNode): void {
  if (!token.test(method)) node.child('method').wrong(`method can not be ${JSON.stringify(method)}`)
  for (const [name, value] of headers) {
    if (!token.test(name)) node.within(['headers', name]).wrong(`${JSON.stringify(name)} is no name of a header`, { part: 'key' })
    if (name.toLowerCase() === 'accept-encoding' && !asksFor(compression, value)) {
      node.within(['headers', name]).wrong(`${name}: ${value} does not ask for the compression ${compression}`, {
        hint: `name ${compression} in it, or leave the header out`,
      })
    }
  }
}

const codings = ['gzip', 'br', 'deflate', 'identity']

function judgeCompression({ compression }: Values<typeof httpShape>, node: ChangeNode): void {
  if (compression === '' || codings.includes(compression.toLowerCase())) return
  node
    .child('compression')
    .wrong(`compression can not be ${JSON.stringify(compression)}`, { hint: `there are ${codings.join(', ')}` })
}
