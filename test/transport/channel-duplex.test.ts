import { expect, test } from 'bun:test'
import { createServer, type Server, type Socket } from 'node:net'
import { hostNamed } from '../../src/lib/core/host.ts'
import type { Transport } from '../../src/lib/core/transport.ts'
import { startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { fleetPool } from './fleet-pool.ts'

const ready = needs('sshd', 'ssh-keygen')
const { signal } = new AbortController()

interface Place extends AsyncDisposable {
  readonly transport: Transport
  readonly port: number
}

/** A server that answers as told, and a host from which it is to be reached. */
async function place(answer: (socket: Socket) => void, options: Parameters<typeof startFleet>[0] = {}): Promise<Place> {
  const fleet = await startFleet(options)
  const pool = fleetPool(fleet)
  const server: Server = createServer({ allowHalfOpen: true }, answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const transport = await pool.connect(hostNamed('127.0.1.1'), { signal })
  return {
    transport,
    port: typeof address === 'object' && address ? address.port : 0,
    async [Symbol.asyncDispose]() {
      server.close()
      await pool[Symbol.asyncDispose]()
      await fleet.stop()
    },
  }
}

const dial = (transport: Transport, port: number, host = '127.0.0.1') => {
  if (!transport.dial) throw new Error('this host does not dial')
  return transport.dial({ host, port }, { signal })
}

test.skipIf(!ready)('four megabytes go to a server and back through a host, and both ends are told', async () => {
  await using echo = await place(socket => socket.pipe(socket))
  const stream = await dial(echo.transport, echo.port)
  const sent = Buffer.alloc(4 * 1024 ** 2, 'opsctl ')
  stream.end(sent)
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece)
  expect(Buffer.concat(pieces).equals(sent)).toBe(true)
})

test.skipIf(!ready)('a reader that does not read holds the server back', async () => {
  let sent = 0
  await using flood = await place(socket => {
    const more = (): void => {
      for (let wants = true; wants && sent < 64 * 1024 ** 2; sent += 65_536) wants = socket.write(Buffer.alloc(65_536))
    }
    socket.on('drain', more).on('error', () => undefined)
    more()
  })
  const stream = await dial(flood.transport, flood.port)
  await new Promise<void>(resolve => stream.once('readable', () => resolve()))
  await flood.transport.run({ argv: ['true'] }, { signal })
  expect(sent).toBeLessThan(32 * 1024 ** 2)
  stream.destroy()
})

test.skipIf(!ready)('a port on which nothing listens is refused in the words of the system', async () => {
  await using server = await place(() => undefined)
  await expect(dial(server.transport, 1)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test.skipIf(!ready)('a name that does not exist is told apart from a refusal', async () => {
  await using server = await place(() => undefined)
  await expect(dial(server.transport, 80, 'no-such-host.invalid')).rejects.toMatchObject({ code: 'ENOTFOUND' })
})

test.skipIf(!ready)('an aborted attempt ends at once with the reason of the signal', async () => {
  await using server = await place(() => undefined)
  const stop = new AbortController()
  stop.abort(new Error('enough'))
  await expect(server.transport.dial?.({ host: '127.0.0.1', port: server.port }, { signal: stop.signal })).rejects.toThrow(
    'enough',
  )
})
