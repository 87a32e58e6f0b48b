import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { hostNamed } from '../../src/lib/core/host.ts'
import { TransportError } from '../../src/lib/core/transport.ts'
import type { SshTarget } from '../../src/lib/transport/ssh-target.ts'
import { type Fleet, startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { fleetPool, fleetTarget, pinned } from './fleet-pool.ts'

const signal = new AbortController().signal
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

describe.skipIf(!needs('sshd', 'ssh-keygen'))('the way to a host', () => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await startFleet({ hosts: 40, sshdConfig: 'LogLevel VERBOSE' })
  })
  afterAll(() => fleet.stop())

  const bastion = (more: Partial<SshTarget> = {}): SshTarget => fleetTarget(fleet, '127.0.1.1', more)
  const accepted = async (): Promise<number> => (await fleet.log()).split('Accepted publickey').length - 1
  const from = async (pool: ReturnType<typeof fleetPool>, name: string, address: string): Promise<string | undefined> => {
    const transport = await pool.connect(hostNamed(name, { address }), { signal })
    const { stdout } = await transport.run({ shell: 'echo $SSH_CONNECTION' }, { signal })
    return text(stdout).split(' ')[2]
  }

  test('leads through one connection to the jump host, shared by many hosts at a time', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `web${index}`)
    const jump = bastion()
    await using pool = fleetPool(fleet, { targets: Object.fromEntries(names.map(name => [name, { jump }])) })
    const before = await accepted()
    const reached = await Promise.all(names.map((name, index) => from(pool, name, `127.0.1.${index + 2}`)))
    expect(reached).toEqual(names.map((_, index) => `127.0.1.${index + 2}`))
    expect((await accepted()) - before).toBe(31)
  })

  test('may have several hops', async () => {
    const jump = fleetTarget(fleet, '127.0.1.3', { jump: fleetTarget(fleet, '127.0.1.2', { jump: bastion() }) })
    await using pool = fleetPool(fleet, { targets: { db1: { jump } } })
    expect(await from(pool, 'db1', '127.0.1.4')).toBe('127.0.1.4')
  })

  test('names the jump host when that is the trouble, for each host behind it', async () => {
    const jump = bastion({ hostKeys: pinned('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB7yq9Zm') })
    await using pool = fleetPool(fleet, { targets: { web1: { jump }, web2: { jump } } })
    const errors = await Promise.all(['web1', 'web2'].map(name => from(pool, name, '127.0.1.2').catch(error => error)))
    for (const error of errors) {
      expect(error).toMatchObject({
        reason: 'hostkey',
        stage: 'hostkey',
        message: 'jump host 127.0.1.1: the host key is another one',
      })
    }
  })

  test("tells a host key behind a jump host as the host's own trouble", async () => {
    const hostKeys = pinned('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB7yq9Zm')
    await using pool = fleetPool(fleet, { targets: { web1: { jump: bastion(), hostKeys } } })
    await expect(from(pool, 'web1', '127.0.1.2')).rejects.toMatchObject({
      reason: 'hostkey',
      message: 'the host key is another one',
    })
  })

  test('tells what the jump host said when it can not connect', async () => {
    await using pool = fleetPool(fleet, { targets: { web1: { jump: bastion(), port: 1 } } })
    await expect(from(pool, 'web1', '127.0.1.2')).rejects.toMatchObject({
      reason: 'unreachable',
      stage: 'connect',
      retryable: true,
      message: 'could not connect to 127.0.1.2:1: Connection refused',
    })
  })

  test('may be a ProxyCommand, whose failure is told with its words', async () => {
    const proxyCommand = `exec bash -c 'exec 3<>/dev/tcp/127.0.1.5/${fleet.port}; cat <&3 & cat >&3; kill $!'`
    await using pool = fleetPool(fleet, {
      targets: { web5: { proxyCommand }, web6: { proxyCommand: 'echo no tunnel today >&2; exit 7' } },
    })
    expect(await from(pool, 'web5', 'elsewhere')).toBe('127.0.1.5')
    await expect(from(pool, 'web6', 'elsewhere')).rejects.toMatchObject({
      reason: 'unreachable',
      message: expect.stringContaining('the ProxyCommand ended with status 7: no tunnel today'),
    })
  })

  test('leaves no ProxyCommand behind', async () => {
    const mark = `sleep 78${Math.floor(Math.random() * 1e7)}`
    await using pool = fleetPool(fleet, { connectTimeoutMs: 300, targets: { web7: { proxyCommand: mark } } })
    await expect(from(pool, 'web7', 'elsewhere')).rejects.toMatchObject({ reason: 'connect-timeout', stage: 'banner' })
    const gone = async (): Promise<boolean> => Bun.spawnSync(['pgrep', '-f', mark]).stdout.length === 0
    for (let tries = 0; tries < 50 && !(await gone()); tries++) await Bun.sleep(20)
    expect(await gone()).toBe(true)
  })

  test('ends at once when the pool is closed, also where a jump host was lost', async () => {
    const pool = fleetPool(fleet, { targets: { web1: { jump: bastion() } } })
    const transport = await pool.connect(hostNamed('web1', { address: '127.0.1.2' }), { signal })
    const on = Promise.withResolvers<void>()
    const running = transport.run({ shell: 'echo on; sleep 60' }, { signal, sink: () => on.resolve() })
    await on.promise
    const startedAt = performance.now()
    await pool[Symbol.asyncDispose]()
    expect(await running).toMatchObject({ code: null, ended: 'closed' })
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })

  test('shows its algorithms and those of the host when they have none in common', async () => {
    const targets = { web1: { kex: 'diffie-hellman-group1-sha1' }, web2: { ciphers: 'aes128-cbc' } }
    await using pool = fleetPool(fleet, { targets })
    const error = await from(pool, 'web1', '127.0.1.2').catch(error => error)
    expect(error).toBeInstanceOf(TransportError)
    expect(error).toMatchObject({ reason: 'unreachable', stage: 'handshake', retryable: false })
    expect(error.message).toMatch(
      /^no common key exchange; the host offers .*curve25519-sha256.*; opsctl offers diffie-hellman-group1-sha1 \(KexAlgorithms\)$/,
    )
    await expect(from(pool, 'web2', '127.0.1.2')).rejects.toMatchObject({ message: expect.stringContaining('no common cipher') })
  })
})
