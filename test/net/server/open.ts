import type { Clock } from '../../../src/lib/core/clock.ts'
import type { LogLevel } from '../../../src/lib/core/io.ts'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { type OpenServer, openServer, type ServerOptions } from '../../../src/lib/net/server/open-server.ts'

export interface LogLine {
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface TestServer extends OpenServer {
  readonly port: number
  readonly url: string
  readonly lines: readonly LogLine[]
  /** So many requests came to the handler. */
  readonly asked: number
}

type Wishes = Partial<Omit<ServerOptions, 'clock'>> & { readonly clock?: Clock }

/** A server on a free port of 127.0.0.1, with what it logs but for requests. */
export async function open(wishes: Wishes = {}): Promise<TestServer> {
  const lines: LogLine[] = []
  const { handler = async () => ({ body: 'ok' }), ...rest } = wishes
  let asked = 0
  const server = await openServer({
    listen: ['127.0.0.1:0'],
    handler: request => {
      asked++
      return handler(request)
    },
    signal: new AbortController().signal,
    clock: systemClock,
    log: (level, message, fields = {}) => {
      if (level !== 'debug') lines.push({ level, message, fields })
    },
    ...rest,
  })
  const { address } = server
  const port = address.type === 'tcp' ? address.port : 0
  return {
    addresses: server.addresses,
    address,
    get load() {
      return server.load
    },
    reload: () => server.reload(),
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    port,
    url: `http://127.0.0.1:${port}`,
    lines,
    get asked() {
      return asked
    },
  }
}
