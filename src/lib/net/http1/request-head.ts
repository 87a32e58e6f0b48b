import { NetError } from '../net-error.ts'
import { type Field, isFieldValue, isToken } from './field.ts'

export interface Http1Request {
  readonly method: string
  /** As it stands in the first line: `/health?full=1`, `http://web1/` through a proxy, `web1:443` for CONNECT. */
  readonly target: string
  /** `host` among them; the length of the body is added. */
  readonly headers: readonly Field[]
  readonly body?: Uint8Array
}

/** A request as it is sent, which may be sent several times. */
export interface WrittenRequest extends Pick<Http1Request, 'method' | 'body'> {
  readonly head: string
  /** It asks that something else than HTTP follows on the stream. */
  readonly switches: boolean
}

/** @throws NetError as `requestHead` */
export function writtenRequest(request: Http1Request): WrittenRequest {
  const { method, headers, body } = request
  const switches = method === 'CONNECT' || headers.some(([name]) => name.toLowerCase() === 'upgrade')
  return { method, head: requestHead(request), switches, ...(body && { body }) }
}

const visible = /^[\x21-\x7e]+$/
/** Methods of which a body is expected say that there is none (RFC 9110, section 8.6). */
const expectsBody = /^(POST|PUT|PATCH)$/

/** @throws NetError for what would make another request of it: a line break or NUL in a name, a value or the target */
export function requestHead({ method, target, headers, body }: Http1Request): string {
  if (!isToken(method)) throw refused(`${JSON.stringify(method)} is no method`)
  if (!visible.test(target)) throw refused('the target of the request holds a character that can not be sent')
  let head = `${method} ${target} HTTP/1.1\r\n`
  for (const [name, value] of headers) {
    if (!isToken(name)) throw refused(`${JSON.stringify(name)} is no name of a header`)
    if (!isFieldValue(value)) throw refused(`the value of the header ${name} holds a line break or a control character`)
    head += `${name}: ${value}\r\n`
  }
  const length = body?.length ?? (expectsBody.test(method) ? 0 : undefined)
  return length === undefined ? `${head}\r\n` : `${head}content-length: ${length}\r\n\r\n`
}

const refused = (message: string): NetError => new NetError('error', message, { phase: 'wait' })
