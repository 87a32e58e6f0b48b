import { expect, test } from 'bun:test'
import { hostNamed } from '../../src/lib/core/host.ts'
import { counted } from '../helpers/counts.ts'
import { startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { transportContract } from './contract.ts'
import { fleetPool } from './fleet-pool.ts'

const ready = needs('sshd', 'ssh-keygen')
const signal = new AbortController().signal

if (ready) {
  transportContract('a host over SSH', async () => {
    const fleet = await startFleet()
    const pool = fleetPool(fleet)
    const transport = await pool.connect(hostNamed('127.0.1.1'), { signal })
    return {
      transport,
      directory: fleet.user.home,
      async [Symbol.asyncDispose]() {
        await pool[Symbol.asyncDispose]()
        await fleet.stop()
      },
    }
  })
} else test.skip('a host over SSH')

test.skipIf(!ready)(
  'thousands of commands over one connection leave memory flat',
  async () => {
    await using fleet = await startFleet()
    await using pool = fleetPool(fleet)
    const transport = await pool.connect(hostNamed('127.0.1.1'), { signal })
    const run = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index++) {
        expect(await transport.run({ argv: ['true'] }, { signal })).toMatchObject({ code: 0 })
      }
    }
    const residentMib = (): number => {
      Bun.gc(true)
      return process.memoryUsage().rss / 1024 ** 2
    }
    const commands = counted({ reduced: 400, full: 10_000 })
    await Promise.all([1, 2, 3, 4].map(() => run(commands / 8)))
    const before = residentMib()
    await Promise.all([1, 2, 3, 4].map(() => run(commands / 8)))
    expect(residentMib() - before).toBeLessThan(16)
  },
  counted({ reduced: 30_000, full: 600_000 }),
)

test.skipIf(!ready)('a host that takes fewer channels than usual gets its commands one after the other', async () => {
  await using fleet = await startFleet({ maxSessions: 2 })
  await using pool = fleetPool(fleet)
  const transport = await pool.connect(hostNamed('127.0.1.1'), { signal })
  const outputs = await Promise.all(Array.from({ length: 12 }, () => transport.run({ argv: ['echo', 'on'] }, { signal })))
  expect(outputs.map(({ code }) => code)).toEqual(outputs.map(() => 0))
})

test.skipIf(!ready)('a host that takes no channel at all says so', async () => {
  await using fleet = await startFleet({ maxSessions: 0 })
  await using pool = fleetPool(fleet)
  const transport = await pool.connect(hostNamed('127.0.1.1'), { signal })
  await expect(transport.run({ argv: ['echo'] }, { signal })).rejects.toMatchObject({
    reason: 'error',
    stage: 'session',
    message: expect.stringContaining('the host refused to open a session'),
  })
})

test.skipIf(!ready)('a transport that is given back closes its connection, and the next one is new', async () => {
  await using fleet = await startFleet({ sshdConfig: 'LogLevel VERBOSE' })
  await using pool = fleetPool(fleet)
  for (const count of [1, 2]) {
    {
      await using transport = await pool.connect(hostNamed('127.0.1.1'), { signal })
      expect(await transport.run({ argv: ['true'] }, { signal })).toMatchObject({ code: 0 })
      expect(await pool.connect(hostNamed('127.0.1.1'), { signal })).toBe(transport)
    }
    expect((await fleet.log()).split('Accepted publickey').length - 1).toBe(count)
  }
})
