import type { IncomingMessage } from 'node:http'
import type { Access } from './access.ts'
import type { Exchange } from './exchange.ts'
import type { OriginGuard } from './origin-guard.ts'
import type { Peer } from './peer.ts'
import { readBody } from './read-body.ts'
import { Refusal } from './refusal.ts'
import { parseRequestTarget, type RequestTarget } from './request-target.ts'
import type { ClientCertificate, Right, ServerRequest } from './server-request.ts'

interface Gate {
  readonly guard: OriginGuard
  readonly access: Access
}

/** A request as the handler sees it. */
export class IncomingRequest implements ServerRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly #exchange: Exchange
  readonly #target: RequestTarget
  readonly #peer: Peer
  readonly #gate: Gate
  readonly #host: string | undefined
  #query: URLSearchParams | undefined

  /** @throws Refusal for one that no handler should see */
  constructor(exchange: Exchange, peer: Peer, gate: Gate) {
    const { incoming } = exchange
    this.#exchange = exchange
    this.#peer = peer
    this.#gate = gate
    this.method = incoming.method ?? 'GET'
    this.headers = headersOf(incoming)
    this.#target = parseRequestTarget(incoming.url ?? '/')
    this.#host = this.#target.authority ?? hostOf(incoming)
    // No page of a browser can open a socket in the file system.
    if (!peer.isLocalSocket) gate.guard.checkHost(this.#host)
    if (!/^(GET|HEAD|OPTIONS)$/.test(this.method)) this.#checkOrigin()
  }

  get path(): string {
    return this.#target.path
  }

  get segments(): readonly string[] {
    return this.#target.segments
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.#target.query)
    return this.#query
  }

  get remote(): string {
    return this.#peer.remote
  }

  get isSecure(): boolean {
    return this.#peer.isSecure
  }

  get client(): ClientCertificate | undefined {
    return this.#peer.client
  }

  get signal(): AbortSignal {
    return this.#exchange.signal
  }

  body(maxBytes: number): Promise<Uint8Array> {
    return readBody(this.#exchange, maxBytes)
  }

  async demand(right: Right): Promise<void> {
    const { client, isLocalSocket } = this.#peer
    if (right === 'change') this.#checkOrigin()
    await this.#gate.access.demand(right, { authorization: this.headers['authorization'], client, isLocalSocket })
  }

  #checkOrigin(): void {
    if (this.#peer.isLocalSocket) return
    const { origin, 'sec-fetch-site': fetchSite } = this.headers
    this.#gate.guard.checkOrigin({ host: this.#host, origin, fetchSite })
  }
}

/** Set-Cookie, the only one with several values, has no meaning in a request. */
function headersOf({ headers }: IncomingMessage): Readonly<Record<string, string | undefined>> {
  const strings: Record<string, string | undefined> = Object.create(null)
  for (const [name, value] of Object.entries(headers)) if (typeof value === 'string') strings[name] = value
  return strings
}

/** RFC 9112, section 3.2: exactly one, but for HTTP/1.0. */
function hostOf({ rawHeaders, httpVersion }: IncomingMessage): string | undefined {
  const values = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'host')
  if (values.length > 1) throw new Refusal(400, 'there is more than one Host header')
  if (values.length === 0 && httpVersion !== '1.0') throw new Refusal(400, 'there is no Host header')
  return values[0]
}
