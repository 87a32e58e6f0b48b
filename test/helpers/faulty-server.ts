/** Plays hosts that no real sshd can play: `bun faulty-server.ts '{"hostKeyFile": …, "hosts": […]}'`. Ends when stdin does. */
import { dlopen } from 'bun:ffi'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import ssh2 from 'ssh2'
import type { FaultyHost, PlayedKind } from './faulty-hosts.ts'

const banner = 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n'

interface Job {
  readonly hostKeyFile: string
  readonly hosts: readonly (FaultyHost & { readonly kind: PlayedKind })[]
}

const job: Job = JSON.parse(process.argv[2] ?? '')
const hostKey = readFileSync(job.hostKeyFile)
await Promise.all(job.hosts.map(play))
process.stdin.on('end', () => process.exit(0)).resume()
process.stdout.write('ready\n')

async function play({ address, port, kind }: Job['hosts'][number]): Promise<void> {
  switch (kind) {
    case 'refuses-connection':
      return
    case 'never-answers':
      return listenButNeverAccept(address, port)
    case 'hangs-before-banner':
      return listen(address, port, () => {})
    case 'hangs-after-banner':
      return listen(address, port, socket => void socket.write(banner))
    case 'drops-in-kex':
      return listen(address, port, dropInKeyExchange)
    case 'hangs-after-auth':
      return listen(address, port, socket => serve(socket, client => void client.on('session', () => {})))
    case 'no-exit-status':
      return listen(address, port, socket => serve(socket, client => answer(client, channel => channel.end())))
    case 'resets':
      return listen(address, port, socket =>
        serve(socket, client => answer(client, () => setTimeout(() => socket.resetAndDestroy(), 200))),
      )
  }
}

function listen(address: string, port: number, call: (socket: Socket) => void): Promise<void> {
  const server = createServer(socket => {
    // A client that gives up is what these hosts are for.
    socket.on('error', () => {})
    call(socket)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, resolve)
  })
}

/** A queue for one connection, filled by ourselves: the kernel drops every further SYN. */
async function listenButNeverAccept(address: string, port: number): Promise<void> {
  const libc = dlopen('libc.so.6', {
    socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
    bind: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
    listen: { args: ['i32', 'i32'], returns: 'i32' },
  }).symbols
  const sockaddr = new Uint8Array(16)
  const view = new DataView(sockaddr.buffer)
  view.setUint16(0, 2, true)
  view.setUint16(2, port)
  sockaddr.set(address.split('.').map(Number), 4)
  const fd = libc.socket(2, 1, 0)
  if (libc.bind(fd, sockaddr, sockaddr.length) !== 0 || libc.listen(fd, 0) !== 0)
    throw new Error(`cannot bind ${address}:${port}`)
  await new Promise<void>((resolve, reject) => {
    connect({ host: address, port }, resolve).on('error', reject)
  })
}

function dropInKeyExchange(socket: Socket): void {
  socket.write(banner)
  let received = ''
  socket.on('data', bytes => {
    received += bytes.toString('latin1')
    if (received.includes('kex-strict') || received.includes('curve25519')) socket.destroy()
  })
}

function serve(socket: Socket, use: (client: ssh2.Connection) => void): void {
  const server = new ssh2.Server({ hostKeys: [hostKey] }, client => {
    client.on('error', () => {})
    client.on('authentication', attempt => attempt.accept())
    use(client)
  })
  server.injectSocket(socket)
}

/** Half an answer to every command, then `end`. */
function answer(client: ssh2.Connection, end: (channel: ssh2.ServerChannel) => unknown): void {
  client.on('session', acceptSession => {
    acceptSession().on('exec', acceptExec => {
      const channel = acceptExec()
      channel.write('half of the\n', () => end(channel))
    })
  })
}
