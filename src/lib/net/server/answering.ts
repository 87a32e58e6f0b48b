import { toOpsError } from '../../core/errors.ts'
import type { Log } from '../../core/io.ts'
import { randomHex } from '../../core/random-hex.ts'
import type { EventStreams } from './event-streams.ts'
import type { Exchange } from './exchange.ts'
import { problemResponse, Refusal, refusalOf } from './refusal.ts'
import { writeContent } from './response-writer.ts'
import type { ContentResponse, ResponseHeaders, ServerResponse } from './server-response.ts'

interface AnsweringTools {
  readonly log: Log
  readonly streams: EventStreams
  /** Of every answer. */
  readonly headers: () => ResponseHeaders
}

/**
 * Answers one request, whatever its handler does: what it throws becomes a problem in JSON, our own trouble one with an id that the log
 * names too. An answer that has begun and can not be ended is cut. Never rejects.
 */
export async function answer(exchange: Exchange, ask: () => Promise<ServerResponse>, tools: AnsweringTools): Promise<void> {
  try {
    try {
      await send(exchange, await exchange.withinTime(ask()), tools)
    } catch (error) {
      if (exchange.isOver) return
      if (exchange.outgoing.headersSent) throw error
      await send(exchange, problemOf(exchange, error, tools.log), tools)
    }
  } catch (error) {
    const isOurs = !exchange.signal.aborted
    if (isOurs) tools.log('error', 'an answer broke off', { path: exchange.incoming.url, error })
    exchange.cut()
  }
}

function send(exchange: Exchange, response: ServerResponse, { streams, headers }: AnsweringTools): Promise<void> {
  const extra = headers()
  if ('events' in response) return streams.run(exchange, response, extra)
  // What the client still sends of a body that nobody reads is not waited for.
  const isUnread = !exchange.incoming.complete
  return writeContent(exchange, response, isUnread ? { ...extra, connection: 'close' } : extra)
}

function problemOf({ incoming }: Exchange, error: unknown, log: Log): ContentResponse {
  if (error instanceof Refusal) {
    const { status, message: detail, hint, headers } = error
    return problemResponse({ status, detail, ...(hint !== undefined && { hint }) }, headers)
  }
  const ours = toOpsError(error)
  const refused = refusalOf(ours)
  if (refused) return problemResponse(refused)
  const id = randomHex(6)
  log('error', 'a request failed', { id, method: incoming.method, path: incoming.url, error: ours })
  return problemResponse({ status: 500, detail: `something went wrong here; the log has more under ${id}`, id })
}
