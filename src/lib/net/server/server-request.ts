import type { ServerResponse } from './server-response.ts'

/** What a caller may do: look, or change what the server holds. Whoever may change may read. */
export type Right = 'read' | 'change'

/** Who holds the other end of a TLS connection, by a certificate that one of our client authorities signed. */
export interface ClientCertificate {
  /** The common name. */
  readonly name: string
  /** `CN=prometheus, O=Example`. */
  readonly subject: string
  /** SHA-256 of the certificate, lower-case hexadecimal digits. */
  readonly fingerprint: string
}

/** A request whose head has come; it passed the guard against strange hosts and origins. */
export interface ServerRequest {
  /** Upper case. */
  readonly method: string
  /** Decoded, without empty, `.` and `..` parts; begins with a slash. A slash inside a part stays `%2F`. */
  readonly path: string
  /** The parts of the path, decoded. */
  readonly segments: readonly string[]
  readonly query: URLSearchParams
  /** By name in lower case; repeated ones are joined by `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /**
   * All of it, once.
   * @throws Refusal 413 when it is larger; the signal's reason when the time is over or the client has gone
   */
  body(maxBytes: number): Promise<Uint8Array>
  /** Whence it came: an address, or `unix` for a socket in the file system. */
  readonly remote: string
  readonly isSecure: boolean
  readonly client: ClientCertificate | undefined
  /** Aborts when the client goes, the time of the request is over, or the server closes. */
  readonly signal: AbortSignal
  /** @throws Refusal 401 or 403 where the caller may not */
  demand(right: Right): Promise<void>
}

export type Handler = (request: ServerRequest) => Promise<ServerResponse>
