import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request that arrived whole. */
export interface Received {
  readonly key: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

export type Answering = (request: Received, response: ServerResponse, message: IncomingMessage) => void

export const accept: Answering = (_, response) => void response.writeHead(200).end('ok')
export const answerWith =
  (
    status: number,
    { headers = {}, body = '' }: { readonly headers?: Record<string, string>; readonly body?: string } = {},
  ): Answering =>
  (_, response) =>
    void response.writeHead(status, headers).end(body)
export const hang: Answering = () => undefined
export const reset: Answering = (_, __, message) => void message.socket.resetAndDestroy()

/** A web server that takes alerts, and does with each what the test says at that moment. */
export class Receiver implements AsyncDisposable {
  readonly all: Received[] = []
  /** Those that it accepted, in order. */
  readonly accepted: Received[] = []
  answer: Answering = accept
  readonly #server = createServer((message, response) => this.#take(message, response))
  #port = 0

  static async start(port = 0): Promise<Receiver> {
    const receiver = new Receiver()
    await receiver.listen(port)
    return receiver
  }

  async listen(port = this.#port): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Nobody listens any more until `listen()`. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise(resolve => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/alerts`
  }

  get port(): number {
    return this.#port
  }

  /** Keys of what was accepted, in order. */
  get keys(): string[] {
    return this.accepted.map(({ key }) => key)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #take(message: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = []
    message.on('error', () => undefined)
    message.on('data', chunk => chunks.push(chunk))
    message.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const { headers, url: path = '' } = message
      const received = { key: String(headers['idempotency-key'] ?? ''), path, headers, text, body: JSON.parse(text) }
      this.all.push(received)
      response.on('finish', () => {
        if (response.statusCode < 300) this.accepted.push(received)
      })
      this.answer(received, response, message)
    })
  }
}
