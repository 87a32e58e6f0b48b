import { expect, test } from 'bun:test'
import { createServer } from 'node:net'
import { hostNamed } from '../../src/lib/core/host.ts'
import { TransportError } from '../../src/lib/core/transport.ts'
import { startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { fleetPool } from './fleet-pool.ts'

const ready = needs('sshd', 'ssh-keygen')
const signal = new AbortController().signal

test.skipIf(!ready)('nothing is sent to a host before its key was judged: not even a user name', async () => {
  await using fleet = await startFleet({ sshdConfig: 'LogLevel DEBUG1' })
  const hostKeys = {
    algorithms: async () => ['ssh-ed25519'],
    verify: async () => {
      throw new TransportError('hostkey', 'the host key has changed', { stage: 'hostkey' })
    },
  }
  await using pool = fleetPool(fleet, { targets: { web1: { hostKeys } } })
  const host = hostNamed('web1', { address: '127.0.1.1' })
  await expect(pool.connect(host, { signal })).rejects.toMatchObject({ reason: 'hostkey', message: 'the host key has changed' })
  expect(await fleet.log()).not.toContain(fleet.user.name)
})

test.skipIf(!ready)('a new key is kept only after the host has proven that it holds it', async () => {
  await using fleet = await startFleet()
  const steps: string[] = []
  const hostKeys = {
    algorithms: async () => ['ssh-ed25519'],
    verify: async (key: Buffer) => void steps.push(`verify ${key.toString('base64')}`),
    proven: async (key: Buffer) => void steps.push(`proven ${key.toString('base64')}`),
  }
  await using pool = fleetPool(fleet, { targets: { web1: { hostKeys } } })
  await pool.connect(hostNamed('web1', { address: '127.0.1.1' }), { signal, onStage: stage => void steps.push(stage) })
  const blob = fleet.hostKeys.get('ed25519')?.split(' ')[1]
  const stages = ['resolve', 'connect', 'banner', 'handshake', 'hostkey']
  expect(steps).toEqual([...stages, `verify ${blob}`, `proven ${blob}`, 'auth', 'session'])
})

test('something that is not SSH is named by what it says', async () => {
  const server = createServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\nthis is no ssh\n'))
  const port = await new Promise<number>(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0)
    })
  })
  const nobody = { port, user: { name: 'nobody', home: '/' }, keyFile: '/nonexistent', hostKeys: new Map() }
  await using pool = fleetPool(nobody)
  const error = await pool.connect(hostNamed('127.0.0.1'), { signal }).catch(error => error)
  server.close()
  expect(error).toMatchObject({
    reason: 'unreachable',
    stage: 'banner',
    message: expect.stringContaining('HTTP/1.1 400 Bad Request'),
  })
})
