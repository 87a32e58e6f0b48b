import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Json } from '../core/json.ts'

/** How a server proves who it is, and who we are. PEM texts. */
export interface HttpTls {
  /** In place of the system's authorities. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** Where the certificate names another host than the address. */
  readonly serverName?: string
}

export interface JsonPost {
  readonly url: string
  readonly body: Json
  readonly headers?: Readonly<Record<string, string>>
  readonly tls?: HttpTls
  /** Ends it; its reason is what is thrown. */
  readonly signal: AbortSignal
  /** Of the whole answer; of one line where it is a stream. More is an error. */
  readonly maxBytes: number
}

export interface JsonAnswer {
  readonly status: number
  readonly body: Json
}

/** An answer that is not JSON, or too long. Trouble of the connection is the system's own error. */
export class HttpAnswerError extends Error {
  override readonly name = 'HttpAnswerError'
}

/** Posts JSON and waits for the JSON that comes back, whatever the status. */
export async function postJson(post: JsonPost): Promise<JsonAnswer> {
  const response = await open(post)
  try {
    const pieces: Uint8Array[] = []
    let size = 0
    for await (const piece of bytesOf(response, post.signal)) {
      size += piece.length
      if (size > post.maxBytes) throw new HttpAnswerError(`the answer is longer than ${post.maxBytes} bytes`)
      pieces.push(piece)
    }
    return { status: response.statusCode ?? 0, body: parsed(Buffer.concat(pieces).toString()) }
  } finally {
    response.destroy()
  }
}

/** Posts JSON and gives every line of the answer as it arrives. Ends when the server ends it; of a status that is no 2xx the lines tell why. */
export async function* streamJson(post: JsonPost): AsyncGenerator<Json> {
  const response = await open(post)
  try {
    let rest: Buffer = Buffer.alloc(0)
    for await (const piece of bytesOf(response, post.signal)) {
      const lines = splitLines(Buffer.concat([rest, piece]))
      rest = lines.rest
      if (rest.length > post.maxBytes) throw new HttpAnswerError(`a line of the answer is longer than ${post.maxBytes} bytes`)
      for (const line of lines.whole) yield parsed(line)
    }
    if (rest.length > 0) yield parsed(rest.toString())
  } finally {
    response.destroy()
  }
}

function splitLines(bytes: Buffer): { readonly whole: readonly string[]; readonly rest: Buffer } {
  const end = bytes.lastIndexOf(0x0a)
  if (end === -1) return { whole: [], rest: bytes }
  const whole = bytes
    .toString('utf8', 0, end)
    .split('\n')
    .filter(line => line.trim() !== '')
  return { whole, rest: bytes.subarray(end + 1) }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HttpAnswerError('the answer is not JSON', { cause })
  }
}

/** Sends the request; settles with the head of the answer. */
function open({ url, body, headers, tls, signal }: JsonPost): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const bytes = Buffer.from(JSON.stringify(body))
    const options: RequestOptions = {
      method: 'POST',
      agent: false,
      signal,
      headers: { 'content-type': 'application/json', 'content-length': bytes.length, ...headers },
    }
    const request = url.startsWith('https:') ? httpsRequest(url, { ...options, ...tlsOptions(tls) }) : httpRequest(url, options)
    request.once('error', error => reject(signal.aborted ? signal.reason : error))
    request.once('response', resolve)
    request.end(bytes)
  })
}

function tlsOptions({ ca, cert, key, serverName }: HttpTls = {}) {
  return {
    // Said, since NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment must not change it.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2' as const,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { servername: serverName }),
  }
}

async function* bytesOf(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of response) yield piece
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  }
  signal.throwIfAborted()
}
