import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../core/clock.ts'
import type { Answer, ExchangeOptions } from '../http1/connection.ts'
import type { Field } from '../http1/field.ts'
import { HeldBody } from '../http1/held-body.ts'
import { NetError, netError } from '../net-error.ts'
import type { Phase } from '../phases.ts'
import type { HttpRequest } from './client.ts'

/** Fields that belong to a connection of HTTP/1 (RFC 9113, section 8.2.2), and `host`, which is told in another way. */
const ofHttp1 = /^(connection|keep-alive|proxy-connection|transfer-encoding|upgrade|host|content-length)$/i

/** One exchange of HTTP/2 on a stream of its own, which is closed with it. @throws NetError; the signal's reason when it aborts */
export async function exchangeHttp2(
  stream: Duplex,
  request: HttpRequest,
  options: ExchangeOptions & { readonly clock: Clock },
): Promise<Answer> {
  const session = connect(request.url.origin, { createConnection: () => stream, maxHeaderListPairs: 256 })
  try {
    return await exchange(session, request, options)
  } finally {
    session.on('error', () => undefined).destroy()
    stream.on('error', () => undefined).destroy()
  }
}

function exchange(
  session: ClientHttp2Session,
  request: HttpRequest,
  { signal, progress, limits, clock, onHead }: ExchangeOptions & { readonly clock: Clock },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const body = new HeldBody(limits)
    let head: Omit<Answer, 'body' | 'bodyBytes'> | undefined
    let trailers: readonly Field[] | undefined
    let since = clock.monotonic()
    progress.phase = 'wait'
    const settle = (end: () => void): void => {
      signal.removeEventListener('abort', abort)
      end()
    }
    const abort = (): void => settle(() => reject(signal.reason))
    const fail = (error: unknown): void => settle(() => reject(http2Failure(error, progress.phase)))
    const finish = (): void => {
      if (head === undefined) {
        fail(new NetError('reset', 'the connection was closed before the answer', { phase: 'wait' }))
        return
      }
      progress.done('transfer', clock.monotonic() - since)
      const answer = { ...head, body: body.bytes, bodyBytes: body.total, ...(trailers && { trailers }) }
      settle(() => resolve(answer))
    }
    signal.addEventListener('abort', abort)
    session.once('error', fail)
    session.once('close', () => fail(new NetError('reset', 'the connection was closed', { phase: progress.phase })))
    let asked: ClientHttp2Stream
    try {
      asked = session.request(headersOf(request), { endStream: request.body === undefined })
    } catch (error) {
      return fail(error)
    }
    asked.once('response', headers => {
      const now = clock.monotonic()
      progress.done('wait', now - since)
      progress.phase = 'transfer'
      since = now
      head = { status: Number(headers[':status']), version: '2', headers: fieldsOf(headers) }
      onHead?.(head)
    })
    asked.on('data', (bytes: Buffer) => {
      try {
        body.add(bytes, 0, bytes.length)
      } catch (error) {
        fail(error)
      }
    })
    asked.once('trailers', headers => {
      trailers = fieldsOf(headers)
    })
    asked.once('end', () => {
      if (asked.rstCode === constants.NGHTTP2_NO_ERROR) finish()
    })
    asked.once('error', fail)
    asked.once('close', () => fail(new NetError('reset', 'the stream was closed', { phase: progress.phase })))
    if (request.body !== undefined) asked.end(request.body)
  })
}

/** Words for the errors of HTTP/2; what is none keeps its own. */
function http2Failure(error: unknown, phase: Phase): NetError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (error instanceof NetError || !(error instanceof Error) || !code.startsWith('ERR_HTTP2_')) return netError(error, { phase })
  if (code === 'ERR_HTTP2_ERROR') return new NetError('protocol', 'what the server says is not HTTP/2', { phase, cause: error })
  const [, number] = /code (\w+)$/.exec(error.message) ?? []
  const why = number === undefined ? '' : ` with the code ${number}`
  return new NetError('reset', `the server breaks off HTTP/2${why}`, { phase, cause: error })
}

function headersOf({ url, method, headers }: HttpRequest): Record<string, string | string[]> {
  const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? url.host
  const all: Record<string, string | string[]> = {
    ':method': method,
    ':scheme': url.protocol.slice(0, -1),
    ':authority': host,
    ':path': `${url.pathname}${url.search}`,
  }
  for (const [name, value] of headers) {
    if (ofHttp1.test(name)) continue
    const key = name.toLowerCase()
    const before = all[key]
    all[key] = before === undefined ? value : [before, value].flat()
  }
  return all
}

function fieldsOf(headers: IncomingHttpHeaders): Field[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith(':') || value === undefined ? [] : [value].flat().map((each): Field => [name, each]),
  )
}
