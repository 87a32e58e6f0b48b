/** How much clients may ask of a server. Times in milliseconds. */
export interface ServerLimits {
  /** At a time; when there are more, the one that has been idle longest gives way. */
  readonly connections: number
  /** Streams of events at a time. */
  readonly eventStreams: number
  /** Of the head of a request. */
  readonly headerBytes: number
  /** From connecting to the end of the head of the first request, the TLS handshake included. */
  readonly headersMs: number
  /** From one request of a connection to the end of the head of the next. */
  readonly idleMs: number
  /** From the head of a request to the head of its answer. */
  readonly requestMs: number
  /** For which a client may take nothing of an answer. */
  readonly stallMs: number
  /** Of events that a client has not taken. */
  readonly eventBufferBytes: number
  /** Between signs of life in streams of events. */
  readonly heartbeatMs: number
  /** For requests that run when the server closes. */
  readonly drainMs: number
  /** Requests sent at once over one connection, before the first is answered. */
  readonly pipelined: number
}

export const usualLimits: ServerLimits = {
  connections: 512,
  eventStreams: 256,
  headerBytes: 16_384,
  headersMs: 10_000,
  idleMs: 60_000,
  requestMs: 60_000,
  stallMs: 30_000,
  eventBufferBytes: 262_144,
  heartbeatMs: 15_000,
  drainMs: 5_000,
  pipelined: 16,
}
