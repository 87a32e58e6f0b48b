import { connect, type Socket } from 'node:net'
import { poll } from '../../helpers/poll.ts'

/** A client that sends what no library would. */
export class RawClient implements Disposable {
  readonly socket: Socket
  received = ''
  isClosed = false

  constructor(where: { readonly port: number } | { readonly path: string }) {
    this.socket = connect('port' in where ? { host: '127.0.0.1', port: where.port } : where)
    this.socket.on('data', chunk => {
      this.received += chunk.toString('latin1')
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.isClosed = true
    })
  }

  send(text: string): this {
    this.socket.write(text, 'latin1')
    return this
  }

  /** The statuses of all answers so far. */
  get statuses(): readonly number[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
  }

  /** Waits until so many answers have begun. */
  async answers(count: number): Promise<readonly number[]> {
    await poll(`${count} answers, not ${this.received}`, 10_000, () => this.statuses.length >= count)
    return this.statuses
  }

  closed(): Promise<boolean> {
    return poll('the server closes the connection', 10_000, () => this.isClosed)
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

export const get = (path = '/', headers = ''): string => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`
