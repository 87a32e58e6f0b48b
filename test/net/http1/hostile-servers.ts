import type { Socket } from 'node:net'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { Reason } from '../../../src/lib/core/item.ts'

/** A server that wants a client to wait for ever, to hold without end, or to believe what is not so. */
export interface HostileServer {
  readonly name: string
  /** Told the connection when it is open, and what to do when a request has come. */
  readonly script: (socket: Socket, asked: (answer: (request: string) => void) => void) => void
  /** What comes of the look; undefined: it passes. */
  readonly reason: Reason | undefined
  /** In words. */
  readonly message?: RegExp
}

const ok = 'HTTP/1.1 200 OK\r\n'
const says = (bytes: string | Buffer) => (socket: Socket, asked: (answer: () => void) => void) => asked(() => socket.write(bytes))
const packed = (coding: string, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${ok}content-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n\r\n`), body])

/** Writes as fast as the other side takes it, until it goes away. */
function pour(socket: Socket, piece: Buffer): void {
  const write = (): void => {
    while (!socket.destroyed && socket.write(piece)) {}
  }
  socket.on('drain', write)
  write()
}

/** One byte every 5 ms. */
function drip(socket: Socket, bytes: () => number): void {
  const timer = setInterval(() => socket.write(Buffer.of(bytes())), 5)
  socket.on('close', () => clearInterval(timer))
}

const mebibyte = 1_048_576
const bomb = (mebibytes: number): Buffer => gzipSync(Buffer.alloc(mebibytes * mebibyte), { level: 9 })

export const hostileServers: readonly HostileServer[] = [
  { name: 'accepts and is silent', script: () => {}, reason: 'timeout' },
  {
    name: 'sends its head byte by byte without end',
    script(socket, asked) {
      const head = `${ok}x-slow: `
      let at = 0
      asked(() => drip(socket, () => (at < head.length ? head.charCodeAt(at++) : 0x61)))
    },
    reason: 'timeout',
  },
  {
    name: 'sends a header every moment',
    script(socket, asked) {
      asked(() => {
        socket.write(ok)
        pour(socket, Buffer.from('x-again: and again\r\n'))
      })
    },
    reason: 'protocol',
    message: /longer than 65536|more than 256/,
  },
  {
    name: 'sends a header of 100 MB',
    script(socket, asked) {
      asked(() => {
        socket.write(`${ok}x-long: `)
        pour(socket, Buffer.alloc(65_536, 'x'))
      })
    },
    reason: 'protocol',
    message: /longer than 65536/,
  },
  {
    name: 'sends a body without end',
    script(socket, asked) {
      asked(() => {
        socket.write(`${ok}\r\n`)
        pour(socket, Buffer.alloc(65_536, 'x'))
      })
    },
    reason: 'too-large',
  },
  {
    name: 'sends chunks of a byte without end',
    script(socket, asked) {
      asked(() => {
        socket.write(`${ok}transfer-encoding: chunked\r\n\r\n`)
        pour(socket, Buffer.from('1\r\nx\r\n'.repeat(4096)))
      })
    },
    reason: 'too-large',
  },
  {
    name: 'sends an extension of a chunk without end',
    script(socket, asked) {
      asked(() => {
        socket.write(`${ok}transfer-encoding: chunked\r\n\r\n1;`)
        pour(socket, Buffer.alloc(4096, 'x'))
      })
    },
    reason: 'protocol',
    message: /extensions/,
  },
  {
    name: 'sends a trailer without end',
    script(socket, asked) {
      asked(() => {
        socket.write(`${ok}transfer-encoding: chunked\r\n\r\n0\r\n`)
        pour(socket, Buffer.from('x: y\r\n'.repeat(512)))
      })
    },
    reason: 'protocol',
    message: /trailer/,
  },
  {
    name: 'promises interim answers without end',
    script: (socket, asked) => asked(() => pour(socket, Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(64)))),
    reason: 'protocol',
    message: /interim/,
  },
  { name: 'promises more than it sends, and waits', script: says(`${ok}content-length: 10\r\n\r\nhalf`), reason: 'timeout' },
  {
    name: 'promises more than it sends, and goes',
    script: (socket, asked) => asked(() => socket.end(`${ok}content-length: 10\r\n\r\nhalf`)),
    reason: 'reset',
    message: /after 4 of 10 bytes/,
  },
  { name: 'sends more than it promises', script: says(`${ok}content-length: 2\r\n\r\nok and more`), reason: undefined },
  {
    name: 'contradicts itself about its length',
    script: says(`${ok}content-length: 2\r\ncontent-length: 3\r\n\r\nok!`),
    reason: 'protocol',
  },
  {
    name: 'sends bytes that are no text',
    script: says(
      Buffer.concat([
        Buffer.from(`${ok}x-bad: `),
        Buffer.of(0xff, 0xfe, 0xc3, 0x28),
        Buffer.from('\r\ncontent-length: 2\r\n\r\n'),
        Buffer.of(0xff, 0xc0),
      ]),
    ),
    reason: undefined,
  },
  {
    name: 'answers before it is asked',
    script: socket => void socket.write(`${ok}content-length: 2\r\n\r\nok`),
    reason: undefined,
  },
  { name: 'answers two times', script: says(`${ok}content-length: 2\r\n\r\nok`.repeat(2)), reason: undefined },
  {
    name: 'speaks another protocol',
    script: socket => void socket.write('220 mail.example.com ESMTP\r\n'),
    reason: 'protocol',
    message: /not HTTP/,
  },
  {
    name: 'goes without a word',
    script: (socket, asked) => asked(() => socket.end()),
    reason: 'reset',
    message: /before the answer/,
  },
  { name: 'resets without a word', script: (socket, asked) => asked(() => socket.resetAndDestroy()), reason: 'reset' },
  { name: 'sends 64 MiB in 64 KiB of gzip', script: says(packed('gzip', bomb(64))), reason: 'too-large' },
  { name: 'packs a bomb in a bomb', script: says(packed('gzip, gzip', gzipSync(bomb(64)))), reason: 'too-large' },
  {
    name: 'packs a bomb with br',
    script: says(packed('br', brotliCompressSync(Buffer.alloc(32 * mebibyte)))),
    reason: 'too-large',
  },
  {
    name: 'packs a bomb with zstd',
    script: says(packed('zstd', zstdCompressSync(Buffer.alloc(32 * mebibyte)))),
    reason: 'too-large',
  },
  { name: 'packs four times', script: says(packed('gzip, gzip, gzip, gzip', bomb(1))), reason: 'protocol' },
  { name: 'packs what is no gzip', script: says(packed('gzip', Buffer.from('not at all'))), reason: 'protocol' },
  { name: 'packs half a gzip', script: says(packed('gzip', bomb(1).subarray(0, 500))), reason: 'protocol' },
  {
    name: 'redirects to itself for ever',
    script: says('HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n'),
    reason: 'redirects',
    message: /lead back/,
  },
  {
    name: 'redirects on and on',
    script(socket, asked) {
      asked(request => {
        const number = Number(/^GET \/(\d*)/.exec(request)?.[1] ?? 0) + 1
        socket.write(`HTTP/1.1 302 Found\r\nlocation: /${number}\r\ncontent-length: 0\r\n\r\n`)
      })
    },
    reason: 'redirects',
    message: /more than 5/,
  },
  {
    name: 'redirects with a new cookie each time',
    script(socket, asked) {
      asked(() =>
        socket.write(`HTTP/1.1 302 Found\r\nlocation: /\r\nset-cookie: n=${Math.random()}\r\ncontent-length: 0\r\n\r\n`),
      )
    },
    reason: 'redirects',
  },
  {
    name: 'redirects to an address of a megabyte',
    script: says(`HTTP/1.1 302 Found\r\nlocation: /${'x'.repeat(mebibyte)}\r\ncontent-length: 0\r\n\r\n`),
    reason: 'protocol',
  },
]
