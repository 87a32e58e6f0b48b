import { chmod, lstat, rm } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { errnoOf } from '../../core/errno.ts'
import { OpsError } from '../../core/errors.ts'
import { formatAddress, type ListenAddress } from './listen-address.ts'

/** One address that a server listens on. */
export class Listener {
  /** As bound: the port is known. */
  readonly address: ListenAddress
  readonly #server: Server

  private constructor(server: Server, address: ListenAddress) {
    this.#server = server
    this.address = address
  }

  /** @throws OpsError E_USAGE that names the address */
  static async open(wanted: ListenAddress, accept: (socket: Socket) => void): Promise<Listener> {
    if (wanted.type === 'unix') await removeLeftover(wanted.path)
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, accept)
    await listening(server, wanted)
    // Connections that can not be accepted, such as for want of descriptors, are the clients' loss: the server stays.
    server.on('error', () => {})
    // Whoever can write to a socket in the file system may do everything: that is its owner only.
    if (wanted.type === 'unix') await chmod(wanted.path, 0o600)
    return new Listener(server, boundAddress(server, wanted))
  }

  /** No new connections from now on. */
  async close(): Promise<void> {
    this.#server.close()
    if (this.address.type === 'unix') await rm(this.address.path, { force: true })
  }
}

function listening(server: Server, wanted: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', cause => reject(notListening(wanted, cause)))
    server.once('listening', () => {
      server.removeAllListeners('error')
      resolve()
    })
    if (wanted.type === 'unix') server.listen({ path: wanted.path })
    else if (wanted.type === 'inherited') server.listen({ fd: wanted.fd })
    else server.listen({ host: wanted.host, port: wanted.port })
  })
}

const hints: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there: `ss -lntp` tells which',
  EADDRNOTAVAIL: 'this machine has no such address: `ip address` lists them',
  EACCES: 'ports below 1024 and sockets in other directories than ours need root',
  ENOENT: 'the directory must be there',
}

function notListening(wanted: ListenAddress, cause: unknown): OpsError {
  const code = errnoOf(cause) ?? ''
  const hint = hints[code]
  return new OpsError('E_USAGE', `could not listen on ${formatAddress(wanted)}: ${code || String(cause)}`, {
    cause,
    ...(hint !== undefined && { hint }),
  })
}

function boundAddress(server: Server, wanted: ListenAddress): ListenAddress {
  const bound = server.address()
  if (wanted.type === 'unix' || bound === null || typeof bound === 'string') return wanted
  return { type: 'tcp', host: bound.address, port: bound.port }
}

/** A socket that nobody listens on any more was left by a process that was killed. */
async function removeLeftover(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) return
  if (!found.isSocket()) throw new OpsError('E_USAGE', `could not listen on unix:${path}: what is there is no socket`)
  if (await answers(path)) {
    throw new OpsError('E_USAGE', `could not listen on unix:${path}: another program does`, { hint: '`ss -lxp` tells which' })
  }
  await rm(path, { force: true })
}

function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', error => resolve(errnoOf(error) !== 'ECONNREFUSED'))
  })
}
