import type { ChannelPlace, Delivery } from '../core/alert.ts'
import { masked } from '../core/masked.ts'
import { HttpClient } from '../net/http/client.ts'
import type { TlsParams } from '../net/http/request-params.ts'
import { retryAfterMs } from '../net/http/retry-after.ts'
import { serverRoute } from '../net/http/server-route.ts'
import type { Answer } from '../net/http1/connection.ts'
import type { Field } from '../net/http1/field.ts'
import { Progress } from '../net/progress.ts'
import { TlsContexts } from '../net/tls/tls-contexts.ts'

export interface Post {
  readonly url: URL
  readonly headers: readonly Field[]
  readonly body: Uint8Array
  readonly tls?: TlsParams
  /** What must not be told. */
  readonly secrets: readonly string[]
}

/** Of an answer so much is read, and so much of it told. */
const limits = { hold: 16_384, read: 1_048_576 }
const maxTold = 200

const tlsContexts = (): TlsContexts => new TlsContexts()

/**
 * Sends JSON, and says what came of it: 2xx is delivered; what may be otherwise the next time (no answer, 408, 425, 429, a redirect,
 * 5xx) is for later, not before its Retry-After; any other answer is refused.
 */
export async function post(place: ChannelPlace, { url, headers, body, tls = {}, secrets }: Post): Promise<Delivery> {
  const { clock, signal, key, shared } = place
  const progress = new Progress()
  const told = (text: string): string => masked(`${url.host}: ${text}`, [...secrets, ...hiddenIn(url, secrets)])
  try {
    const client = new HttpClient({ clock, tls: { contexts: shared.of(tlsContexts) } })
    const own: Field[] = [
      ['content-type', 'application/json'],
      ['user-agent', 'opsctl'],
      ['idempotency-key', key],
    ]
    const request = { url, method: 'POST', headers: [...own, ...headers], body }
    const answer = await client.ask(await serverRoute(url, { clock, tls }), request, { signal, progress, limits })
    return judge(answer, { told, now: clock.now() })
  } catch (error) {
    if (signal.aborted) return { result: 'later', message: told(messageOf(signal.reason)) }
    return { result: 'later', message: told(messageOf(error)) }
  }
}

/** What lets in whoever knows it may be any part of a secret URL. */
const hiddenIn = (url: URL, secrets: readonly string[]): string[] =>
  secrets.some(secret => secret.includes(url.pathname) && url.pathname.length > 1)
    ? [url.pathname, url.search, ...url.pathname.split('/').filter(part => part.length >= 8)]
    : []

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

interface Judging {
  readonly told: (text: string) => string
  readonly now: number
}

function judge(answer: Answer, { told, now }: Judging): Delivery {
  const { status } = answer
  if (status >= 200 && status <= 299) return { result: 'delivered' }
  const said = saidIn(answer)
  const message = told(`answered ${status}${said === '' ? '' : `: ${said}`}`)
  const isFinal = status >= 400 && status <= 499 && ![408, 425, 429].includes(status)
  if (isFinal) return { result: 'refused', message }
  const afterMs = retryAfterMs(answer, now)
  return { result: 'later', message, ...(afterMs !== undefined && { afterMs }) }
}

function saidIn({ body }: Answer): string {
  const text = body
    .toString('utf8')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
  return text.length > maxTold ? `${text.slice(0, maxTold)}…` : text
}
