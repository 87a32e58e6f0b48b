import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { dialFromHere } from '../../../src/lib/net/dial.ts'
import { HttpClient } from '../../../src/lib/net/http/client.ts'
import type { Route } from '../../../src/lib/net/http/route.ts'
import type { ExchangeOptions } from '../../../src/lib/net/http1/connection.ts'
import type { Http1Pool } from '../../../src/lib/net/http1/pool.ts'
import { Progress } from '../../../src/lib/net/progress.ts'
import { Deadline } from '../../../src/lib/run/deadline.ts'

interface Ask extends Partial<ExchangeOptions> {
  /** Of connections that are kept. */
  readonly pool?: Http1Pool
  readonly method?: string
  readonly path?: string
  readonly body?: string
  readonly headers?: readonly (readonly [string, string])[]
  readonly route?: Partial<Route>
  readonly deadlineMs?: number
}

/** Asks a server on 127.0.0.1; gives the answer or the trouble, and how far it came. */
export async function ask(port: number, asked: Ask = {}) {
  const { pool, method = 'GET', path = '/', body, headers = [], route, deadlineMs = 10_000, ...rest } = asked
  const progress = new Progress()
  using deadline = new Deadline(systemClock, {
    ms: deadlineMs,
    signal: new AbortController().signal,
    reason: () => new Error('the time is over'),
  })
  const endpoint = { host: '127.0.0.1', port }
  const url = new URL(`${route?.tls ? 'https' : 'http'}://127.0.0.1:${port}${path}`)
  const request = { url, method, headers, ...(body !== undefined && { body: Buffer.from(body) }) }
  const start = performance.now()
  const told = await new HttpClient({ clock: systemClock, ...(pool && { pool }) })
    .ask({ dialer: dialFromHere(systemClock), endpoint, ...route }, request, {
      signal: deadline.signal,
      progress,
      limits: { hold: 65_536, read: 1_048_576 },
      ...rest,
    })
    .then(
      answer => ({ answer, error: undefined }),
      error => ({ answer: undefined, error }),
    )
  return { ...told, progress, tookMs: performance.now() - start }
}
