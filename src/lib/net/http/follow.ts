import type { Answer, ExchangeOptions } from '../http1/connection.ts'
import { NetError } from '../net-error.ts'
import { CookieJar } from './cookie-jar.ts'
import { type PrivateRequest, redirected } from './redirect.ts'

export interface Following extends ExchangeOptions {
  /** So many redirects are followed; with 0 the first answer is the last. */
  readonly maxRedirects: number
  readonly cookies?: CookieJar
  /** Milliseconds since 1970. */
  readonly now: number
  /** Asks one server. */
  readonly ask: (request: PrivateRequest, options: ExchangeOptions) => Promise<Answer>
  /** URLs that sent us on are put here as they come. */
  readonly redirects: string[]
}

export interface Followed {
  readonly answer: Answer
  /** Of the server that answered at last. */
  readonly url: URL
}

/** Asks, and goes where the answer sends. @throws NetError for a loop, too many redirects, or one to where it may not go */
export async function follow(first: PrivateRequest, following: Following): Promise<Followed> {
  const { maxRedirects, now, ask, redirects, cookies = new CookieJar() } = following
  const asked = new Set<string>()
  for (let request = first; ; ) {
    const { url } = request
    const cookie = cookies.header(url)
    const answer = await ask(cookie === undefined ? request : withCookie(request, cookie), following)
    cookies.take(url, answer, now)
    const next = maxRedirects > 0 ? redirected(request, answer) : undefined
    if (next === undefined) return { answer, url }
    redirects.push(url.href)
    // The same URL with another cookie is no loop: some servers set one and send back.
    asked.add(JSON.stringify([request.method, url.href, cookie]))
    if (asked.has(JSON.stringify([next.method, next.url.href, cookies.header(next.url)]))) {
      throw new NetError('redirects', `the redirects lead back to ${next.url.href}`, { phase: 'transfer' })
    }
    if (redirects.length > maxRedirects) {
      throw new NetError('redirects', `there are more than ${maxRedirects} redirects, the last to ${next.url.href}`, {
        phase: 'transfer',
      })
    }
    request = next
  }
}

const withCookie = (request: PrivateRequest, cookie: string): PrivateRequest => ({
  ...request,
  headers: [...request.headers, ['cookie', cookie]],
})
