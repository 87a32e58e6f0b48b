import { describe, expect, test } from 'bun:test'
import { createServer } from 'node:http'
import { Http1Pool } from '../../../src/lib/net/http1/pool.ts'
import { poll } from '../../helpers/poll.ts'
import { ask } from './ask.ts'
import { answering, scriptedServer } from './scripted-server.ts'

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

describe('a request', () => {
  test('is sent as it is, and its answer comes with every stage', async () => {
    await using server = await answering(ok)
    const { answer, progress } = await ask(server.port, { path: '/health?full=1', headers: [['accept', '*/*']] })
    expect(answer).toMatchObject({ status: 200, version: '1.1', bodyBytes: 2 })
    expect(answer?.body.toString()).toBe('ok')
    expect(progress.address).toBe('127.0.0.1')
    expect(Object.keys(progress.phases)).toEqual(['connect', 'wait', 'transfer'])
    expect(server.received).toBe(
      `GET /health?full=1 HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\naccept: */*\r\nconnection: close\r\n\r\n`,
    )
  })

  test('has a stage of resolving where there is a name', async () => {
    await using server = await answering(ok)
    const { progress } = await ask(server.port, { route: { endpoint: { host: 'localhost', port: server.port }, family: 4 } })
    expect(Object.keys(progress.phases)).toEqual(['resolve', 'connect', 'wait', 'transfer'])
  })

  test('of another host name says so', async () => {
    await using server = await answering(ok)
    await ask(server.port, { headers: [['Host', 'shop.example.com']] })
    expect(server.received).toContain('\r\nHost: shop.example.com\r\n')
    expect(server.received).not.toContain('127.0.0.1')
  })

  test('with a large body arrives whole', async () => {
    await using server = await echoServer()
    const body = 'x'.repeat(300_000)
    const { answer } = await ask(server.port, { method: 'POST', body })
    expect(answer?.body.toString()).toBe('POST 300000')
  })
})

async function echoServer() {
  const server = createServer((request, response) => {
    let bytes = 0
    request.on('data', piece => {
      bytes += piece.length
    })
    request.on('end', () => response.end(`${request.method} ${bytes}`))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

describe('a kept connection', () => {
  test('serves one request after the other, without connecting again', async () => {
    await using server = await answering(ok)
    using pool = new Http1Pool({ maxIdle: 8 })
    for (let round = 0; round < 5; round++) {
      const { answer, progress } = await ask(server.port, { pool })
      expect(answer?.status).toBe(200)
      expect(progress.address).toBe('127.0.0.1')
      expect(Object.keys(progress.phases)).toEqual(round === 0 ? ['connect', 'wait', 'transfer'] : ['wait', 'transfer'])
    }
    expect(server.connections).toBe(1)
    expect(pool.idle).toBe(1)
  })

  test('is not left open where the server says so, or where its answer was longer', async () => {
    using pool = new Http1Pool({ maxIdle: 8 })
    for (const bytes of [`${ok}!`, ok.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'), ok.replace('1.1', '1.0')]) {
      await using server = await answering(bytes)
      expect((await ask(server.port, { pool })).answer?.status).toBe(200)
      expect(pool.idle).toBe(0)
    }
  })

  test('is given up when the server speaks unasked, or ends it', async () => {
    using pool = new Http1Pool({ maxIdle: 8 })
    for (const unasked of [
      (socket: { write(text: string): void }) => socket.write(ok),
      (socket: { end(): void }) => socket.end(),
    ]) {
      let act = () => {}
      await using server = await scriptedServer((socket, asked) => {
        asked(() => socket.write(ok))
        act = () => unasked(socket)
      })
      await ask(server.port, { pool })
      expect(pool.idle).toBe(1)
      act()
      await poll('the connection is given up', 5000, () => pool.idle === 0)
    }
  })

  test('that ends without a byte is replaced by a fresh one, once', async () => {
    let connections = 0
    await using server = await scriptedServer((socket, asked) => {
      const number = ++connections
      let requests = 0
      asked(() => (++requests === 1 && number !== 3 ? socket.write(ok) : socket.destroy()))
    })
    using pool = new Http1Pool({ maxIdle: 8 })
    expect((await ask(server.port, { pool })).answer?.status).toBe(200)
    expect((await ask(server.port, { pool })).answer?.status).toBe(200)
    expect(connections).toBe(2)
    const third = await ask(server.port, { pool })
    expect(third.error).toMatchObject({ reason: 'reset' })
    expect(connections).toBe(3)
  })

  test('is not left open where the server answered before it had read all', async () => {
    await using server = await scriptedServer(socket => {
      socket.once('data', () => {
        socket.pause()
        socket.write(ok)
      })
    })
    using pool = new Http1Pool({ maxIdle: 8 })
    const { answer } = await ask(server.port, { pool, method: 'PUT', body: 'x'.repeat(16_000_000) })
    expect(answer?.status).toBe(200)
    expect(pool.idle).toBe(0)
  })

  test('is not used for what may not be sent twice', async () => {
    await using server = await answering(ok)
    using pool = new Http1Pool({ maxIdle: 8 })
    for (const method of ['GET', 'POST', 'POST']) await ask(server.port, { pool, method })
    expect(server.connections).toBe(3)
  })

  test('is one of so many at most, and the one idle for longest goes', async () => {
    await using servers = new AsyncDisposableStack()
    const ports: number[] = []
    for (let count = 0; count < 5; count++) ports.push(servers.use(await answering(ok)).port)
    using pool = new Http1Pool({ maxIdle: 3 })
    for (const port of ports) await ask(port, { pool })
    expect(pool.idle).toBe(3)
    const again = await ask(ports[4] ?? 0, { pool })
    expect(again.progress.phases.connect).toBeUndefined()
    const first = await ask(ports[0] ?? 0, { pool })
    expect(first.progress.phases.connect).toBeGreaterThan(0)
  })
})

describe('a look that is cut short', () => {
  test('says in which stage it was', async () => {
    await using silent = await scriptedServer(() => {})
    await using half = await answering('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')
    for (const [port, phase] of [
      [silent.port, 'wait'],
      [half.port, 'transfer'],
    ] as const) {
      const { error, progress, tookMs } = await ask(port, { deadlineMs: 100 })
      expect(error.message).toBe('the time is over')
      expect(progress.phase).toBe(phase)
      expect(tookMs).toBeLessThan(1000)
    }
  })

  test('leaves no connection behind', async () => {
    let closed = 0
    await using server = await scriptedServer(socket => void socket.on('close', () => closed++))
    await ask(server.port, { deadlineMs: 50 })
    await poll('the connection is closed', 5000, () => closed === 1)
  })
})

test('a protocol that was not asked for is an error, and its connection is closed', async () => {
  let closed = false
  await using server = await scriptedServer((socket, asked) => {
    asked(() => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n'))
    socket.on('close', () => {
      closed = true
    })
  })
  expect((await ask(server.port)).error).toMatchObject({ reason: 'protocol' })
  await poll('the connection is closed', 5000, () => closed)
})

test('nobody who listens is told as that', async () => {
  expect((await ask(1)).error).toMatchObject({ reason: 'refused', phase: 'connect' })
})
