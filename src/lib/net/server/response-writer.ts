import { once } from 'node:events'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import { acceptsGzip } from './accepts.ts'
import type { Exchange } from './exchange.ts'
import { gzippedPieces } from './gzipped-pieces.ts'
import type { ContentResponse, ResponseHeaders } from './server-response.ts'

/** Where an answer says nothing else: nothing is kept, guessed, told to others, framed or run. */
const careful: ResponseHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** Below, gzip saves no packet. */
const worthBytes = 1400

/** What is handed to the system at once, so that a slow client holds no more than this and what the handler made. */
const pieceBytes = 65_536

const compressible =
  /^(?:text\/(?!event-stream)|application\/(?:json|problem\+json|openmetrics-text|javascript|yaml|xml)\b|image\/svg\+xml)/

/** The head of an answer as it is sent. */
export const headOf = (given: ResponseHeaders | undefined, extra: ResponseHeaders): Record<string, string> => ({
  ...careful,
  ...extra,
  ...given,
})

/** Sends an answer with its content. Resolves when all of it was handed to the system; rejects when the connection can not be used any more. */
export async function writeContent(exchange: Exchange, response: ContentResponse, extra: ResponseHeaders): Promise<void> {
  const { incoming, outgoing } = exchange
  const { body } = response
  const head = headOf(response.headers, extra)
  const isKnown = (response.status ?? 200) === 200 && isMatch(incoming.headers['if-none-match'], head['etag'])
  const status = isKnown ? 304 : (response.status ?? 200)
  const isEmpty = body === undefined || status === 204 || status === 304
  const content = isEmpty || isPieces(body) ? undefined : await packed(exchange, bytesOf(body), head)
  const pieces = !isEmpty && isPieces(body) ? packedPieces(exchange, body, head) : undefined
  if (content !== undefined) head['content-length'] = String(content.length)
  else if (body === undefined && status !== 204) head['content-length'] = '0'
  exchange.awaitClient()
  outgoing.writeHead(status, head)
  if (isEmpty || incoming.method === 'HEAD') outgoing.end()
  // Head and content in one call of the system.
  else if (content && content.length <= pieceBytes) outgoing.end(content)
  else {
    await writePieces(exchange, pieces ?? piecesOf(content ?? noBytes))
    outgoing.end()
  }
}

const noBytes = Buffer.alloc(0)

/** Without a copy where it is bytes already. */
const bytesOf = (body: string | Uint8Array): Buffer =>
  typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)

const isPieces = (body: NonNullable<ContentResponse['body']>): body is Pieces =>
  typeof body === 'object' && !(body instanceof Uint8Array)

type Pieces = AsyncIterable<string | Uint8Array>

/** Weak comparison (RFC 9110, section 13.1.2). */
function isMatch(wanted: string | undefined, etag: string | undefined): boolean {
  if (wanted === undefined || etag === undefined) return false
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '')
  return wanted.trim() === '*' || wanted.split(',').some(tag => opaque(tag) === opaque(etag))
}

const gzipped = promisify<Uint8Array, { level: number }, Buffer>(gzip)

/** The content, compressed where the client takes it and it is worth it; the head says so. */
async function packed(exchange: Exchange, content: Buffer, head: Record<string, string>): Promise<Buffer> {
  if (!isPacked(exchange, head, content.length)) return content
  // What is read once is packed fast: the best level would take several times as long for a tenth less.
  return gzipped(content, { level: constants.Z_BEST_SPEED })
}

/** The same for pieces, of which nobody knows how long they will be. */
function packedPieces(exchange: Exchange, pieces: Pieces, head: Record<string, string>): AsyncIterable<string | Uint8Array> {
  return isPacked(exchange, head, worthBytes) ? gzippedPieces(pieces) : copied(pieces)
}

/** Says so in the head. */
function isPacked({ incoming }: Exchange, head: Record<string, string>, length: number): boolean {
  if (head['content-encoding'] !== undefined || !compressible.test(head['content-type'] ?? '')) return false
  head['vary'] ??= 'accept-encoding'
  const isWorth = length >= worthBytes && acceptsGzip(incoming.headers['accept-encoding']?.toString())
  if (isWorth) head['content-encoding'] = 'gzip'
  return isWorth
}

/** Those that wait in a socket must not be written over. */
async function* copied(pieces: Pieces): AsyncGenerator<string | Uint8Array> {
  for await (const piece of pieces) yield typeof piece === 'string' ? piece : Buffer.from(piece)
}

function* piecesOf(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += pieceBytes) yield content.subarray(at, at + pieceBytes)
}

/** Fetches the next piece when the client has taken the one before. */
async function writePieces(exchange: Exchange, pieces: AsyncIterable<string | Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const { outgoing, signal } = exchange
  for await (const piece of pieces) {
    if (signal.aborted) throw signal.reason
    exchange.awaitClient()
    if (!outgoing.write(piece)) await once(outgoing, 'drain', { signal })
    // What the producer takes its time for is not the client's fault.
    exchange.rest()
  }
  exchange.awaitClient()
}
