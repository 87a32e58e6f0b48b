import type { EventFeed } from './event-feed.ts'

export type ResponseHeaders = Readonly<Record<string, string>>

/** An answer with its content, or with a stream of events. */
export type ServerResponse = ContentResponse | EventResponse

export interface ContentResponse {
  /** 200 when absent. */
  readonly status?: number
  /** Names in lower case. What is not given is set to the careful side: no-store, nosniff, no-referrer, a policy that allows nothing. */
  readonly headers?: ResponseHeaders
  /**
   * Pieces are fetched as the client takes them, and may be written over when the next but one is fetched. One that throws cuts the
   * connection, so that nobody takes a part for the whole.
   */
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array>
}

export interface EventResponse {
  readonly headers?: ResponseHeaders
  readonly events: EventFeed
}

/** A value as JSON. */
export const jsonResponse = (value: unknown, rest: Omit<ContentResponse, 'body'> = {}): ContentResponse => ({
  ...rest,
  headers: { 'content-type': 'application/json', ...rest.headers },
  body: `${JSON.stringify(value)}\n`,
})
