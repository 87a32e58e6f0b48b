import { writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { freePort } from './free-port.ts'
import { findProgram } from './needs.ts'
import { poll } from './poll.ts'

export interface Listening extends AsyncDisposable {
  readonly port: number
}

/** A server of bare TCP that does with each connection what the test says. */
export async function tcpServer(serve: (socket: Socket) => void): Promise<Listening> {
  const open = new Set<Socket>()
  const server = createServer(socket => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => open.delete(socket))
    serve(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** `openssl s_server` with these options: a real server of whatever kind OpenSSL can be. */
export async function opensslServer(args: readonly string[]): Promise<Listening> {
  const port = await freePort()
  const server = Bun.spawn(['openssl', 's_server', '-accept', `127.0.0.1:${port}`, '-quiet', ...args], {
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  await poll('openssl s_server listens', 20_000, () => canConnect(port))
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.kill()
      await server.exited
    },
  }
}

/** nginx with a server of TLS for each of these settings, on ports of their own. */
export async function nginxServer(
  directory: string,
  settings: readonly string[],
): Promise<AsyncDisposable & { readonly ports: readonly number[] }> {
  const ports = await Promise.all(settings.map(freePort))
  const servers = settings.map((setting, index) => `server { listen 127.0.0.1:${ports[index]} ssl; ${setting} return 204; }`)
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(kind => `${kind}_temp_path ${directory};`)
  const file = join(directory, 'nginx.conf')
  const global = `daemon off; master_process off; pid ${directory}/nginx.pid; error_log ${directory}/nginx.log; events {}`
  await writeFile(file, `${global}\nhttp { access_log off; ${places.join(' ')}\n${servers.join('\n')}\n}\n`)
  const nginx = Bun.spawn([findProgram('nginx') ?? 'nginx', '-p', directory, '-c', file], { stdout: 'ignore', stderr: 'ignore' })
  await poll('nginx listens', 20_000, async () => (await Promise.all(ports.map(canConnect))).every(Boolean))
  return {
    ports,
    async [Symbol.asyncDispose]() {
      nginx.kill()
      await nginx.exited
    },
  }
}

const canConnect = (port: number): Promise<boolean> =>
  tcpTo(port).then(
    socket => {
      socket.destroy()
      return true
    },
    () => false,
  )

export function tcpTo(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

/** A stream that is no socket, as a channel of SSH is none. */
export class NoSocket extends Duplex {
  readonly #below: Socket

  constructor(below: Socket) {
    super()
    this.#below = below
    below.on('data', chunk => {
      if (!this.push(chunk)) below.pause()
    })
    below.on('end', () => this.push(null))
    below.on('error', error => this.destroy(error))
    below.on('close', () => this.destroy())
  }

  override _read(): void {
    this.#below.resume()
  }

  override _write(chunk: Uint8Array, _: string, done: (error?: Error | null) => void): void {
    this.#below.write(chunk, done)
  }

  override _final(done: () => void): void {
    this.#below.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#below.destroy()
    done(error)
  }
}
