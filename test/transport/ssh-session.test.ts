import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { hostNamed } from '../../src/lib/core/host.ts'
import { defaults } from '../../src/lib/transport/ssh-algorithms.ts'
import { loadSsh } from '../../src/lib/transport/ssh-library.ts'
import type { SshTarget } from '../../src/lib/transport/ssh-target.ts'
import { type Fleet, startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import type { HostKeyType } from '../helpers/ssh-key.ts'
import { fleetPool, pinned } from './fleet-pool.ts'

// Wants calm: closing may take 200 ms.

const signal = new AbortController().signal

describe.skipIf(!needs('sshd', 'ssh-keygen'))('a session', () => {
  let fleet: Fleet
  const hostKeyTypes: readonly HostKeyType[] = ['ed25519', 'rsa', 'ecdsa']
  beforeAll(async () => {
    fleet = await startFleet({ hostKeys: hostKeyTypes, sshdConfig: 'RekeyLimit 1M\nCompression yes' })
  })
  afterAll(() => fleet.stop())

  /** Sends and gets more than a megabyte each way at once, which makes the host exchange keys again, several times. */
  async function echoes(target: Partial<SshTarget>): Promise<void> {
    await using pool = fleetPool(fleet, { targets: { web1: target } })
    const transport = await pool.connect(hostNamed('web1', { address: '127.0.1.1' }), { signal })
    const bytes = Buffer.alloc(3_500_000, 'some bytes \0\xff ', 'latin1')
    const output = await transport.run({ argv: ['cat'] }, { signal, stdin: bytes })
    expect(output).toMatchObject({ code: 0 })
    expect(Buffer.from(output.stdout).equals(bytes)).toBe(true)
  }

  test.each(defaults.kex)('exchanges keys by %s, and again later', async kex => {
    await echoes({ kex })
  })

  test.each(defaults.ciphers)('encrypts by %s', async ciphers => {
    // Bun's crypto has no bare ChaCha20, of which SSH makes its own combination.
    if ((await loadSsh()).supported.ciphers.includes(ciphers)) await echoes({ ciphers })
    else expect(ciphers).toStartWith('chacha20')
  })

  test.each(defaults.macs)('authenticates packets by %s', async macs => {
    await echoes({ macs, ciphers: 'aes128-ctr' })
  })

  test.each(hostKeyTypes)('knows a host by its %s key', async type => {
    const key = fleet.hostKeys.get(type) ?? ''
    const algorithms = type === 'rsa' ? ['rsa-sha2-512'] : [key.split(' ')[0] ?? '']
    await echoes({ hostKeys: { ...pinned(key), algorithms: async () => algorithms } })
  })

  test('compresses when asked', async () => {
    await echoes({ compression: true })
  })

  test('with a host that falls silent ends after the keep-alives, and closing does not wait for it', async () => {
    await using pool = fleetPool(fleet, { targets: { web1: { serverAliveIntervalMs: 100, serverAliveCountMax: 3 } } })
    const transport = await pool.connect(hostNamed('web1', { address: '127.0.1.1' }), { signal })
    const output = await transport.run({ shell: 'kill -STOP $PPID; sleep 60' }, { signal, timeoutMs: 20_000 })
    expect(output).toMatchObject({ code: null, ended: 'closed', message: 'the host did not answer 3 keep-alive messages' })
    const other = await pool.connect(hostNamed('web2', { address: '127.0.1.1' }), { signal })
    const stopped = await other.run({ shell: 'kill -STOP $PPID; sleep 60' }, { signal, timeoutMs: 200 })
    expect(stopped).toMatchObject({ code: null, ended: 'timeout', message: expect.stringContaining('may still run') })
    const startedAt = performance.now()
    await other[Symbol.asyncDispose]()
    expect(performance.now() - startedAt).toBeLessThan(200)
  })
})
