import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'

/** One request that arrived whole, out of its compression. */
export interface Delivered {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

export type Answering = (request: Delivered, response: ServerResponse, message: IncomingMessage) => void

/** A web server that takes logs, and does with each request what the test says at that moment. */
export class LogServer implements AsyncDisposable {
  readonly all: Delivered[] = []
  answer: Answering = (_, response) => void response.writeHead(200).end('{}')
  readonly #server = createServer((message, response) => this.#take(message, response))
  /** Connections that were opened. */
  connections = 0

  static async start(answer?: Answering): Promise<LogServer> {
    const server = new LogServer()
    if (answer) server.answer = answer
    server.#server.on('connection', () => server.connections++)
    await new Promise<void>(resolve => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #take(message: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = []
    message.on('error', () => undefined)
    message.on('data', chunk => chunks.push(chunk))
    message.on('end', () => {
      const sent = Buffer.concat(chunks)
      const coding = message.headers['content-encoding']
      const body = coding === 'gzip' ? gunzipSync(sent) : coding === 'zstd' ? zstdDecompressSync(sent) : sent
      const request = { method: message.method ?? '', path: message.url ?? '', headers: message.headers, body }
      this.all.push(request)
      this.answer(request, response, message)
    })
  }
}
