import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { hostNamed } from '../../src/lib/core/host.ts'
import type { Output, RunOptions } from '../../src/lib/core/transport.ts'
import type { ConnectionPool } from '../../src/lib/transport/pool.ts'
import { type FaultyFleet, type FaultyKind, faultyKinds, startFaultyFleet } from '../helpers/faulty-hosts.ts'
import { needs } from '../helpers/needs.ts'
import { fleetPool } from './fleet-pool.ts'

const signal = new AbortController().signal

describe.skipIf(!needs('sshd', 'ssh-keygen', 'root'))('hosts that misbehave', () => {
  let fleet: FaultyFleet
  let pool: ConnectionPool
  /** For hosts of which nothing else is expected than that they let the time pass. */
  let impatient: ConnectionPool
  beforeAll(async () => {
    fleet = await startFaultyFleet({ healthy: 1, each: 1, kinds: faultyKinds })
    const targets = portsOf(fleet)
    pool = fleetPool(fleet, { targets })
    impatient = fleetPool(fleet, { targets, connectTimeoutMs: 500 })
  })
  afterAll(async () => {
    await pool[Symbol.asyncDispose]()
    await impatient[Symbol.asyncDispose]()
    await fleet.stop()
  })

  const connect = (kind: FaultyKind, by = pool) => by.connect(hostNamed(fleet.of(kind)[0] ?? '?'), { signal })
  const run = async (kind: FaultyKind, options: Partial<RunOptions> = {}): Promise<Output> =>
    (await connect(kind)).run({ argv: ['echo', 'done'] }, { signal, timeoutMs: 3000, ...options })
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

  test.each([
    ['never-answers', 'connect-timeout', 'connect', false, 'no answer to the connection attempt within 500ms'],
    ['hangs-before-banner', 'connect-timeout', 'banner', false, 'connected, but the host did not introduce itself within 500ms'],
    ['hangs-after-banner', 'connect-timeout', 'handshake', false, 'the key exchange did not end within 500ms'],
    ['drops-in-kex', 'unreachable', 'handshake', true, 'the host closed the connection'],
    ['refuses-connection', 'unreachable', 'connect', true, 'connection refused'],
  ] as const)('%s: %s at stage %s', async (kind, reason, stage, retryable, message) => {
    const error = await connect(kind, reason === 'connect-timeout' ? impatient : pool).then(
      () => undefined,
      error => error,
    )
    expect(error).toMatchObject({ reason, stage, retryable, message: expect.stringContaining(message) })
  })

  test('a host that refuses the key tells what was tried and what it would take', async () => {
    await expect(connect('refuses-auth')).rejects.toMatchObject({
      reason: 'auth',
      stage: 'auth',
      retryable: false,
      message: `${fleet.user.name} was refused; tried: ${fleet.keyFile}; the host accepts publickey`,
    })
  })

  test('a host that takes the connection and then starts nothing is given up in the time of connecting', async () => {
    const transport = await connect('hangs-after-auth', fleetPool(fleet, { targets: portsOf(fleet), connectTimeoutMs: 2000 }))
    const running = transport.run({ argv: ['echo'] }, { signal })
    await expect(running).rejects.toMatchObject({ reason: 'connect-timeout', stage: 'session', retryable: false })
  })

  test('a channel that is never closed does not hold the command up', async () => {
    const output = await run('never-closes')
    expect(output).toMatchObject({ code: 0, message: expect.stringContaining('keeps its output open') })
    expect(text(output.stdout)).toBe('done\n')
  })

  test('a command that never ends is ended at its time limit', async () => {
    expect(await run('never-exits', { timeoutMs: 300 })).toMatchObject({ code: null, ended: 'timeout' })
    expect(await run('drips', { timeoutMs: 500 })).toMatchObject({ code: null, ended: 'timeout' })
  })

  test('a GiB of output ends at the limit, and its memory is bounded', async () => {
    const before = process.memoryUsage().rss
    const output = await run('prints-1-gib', { maxOutputBytes: 1024 * 1024 })
    expect(output).toMatchObject({ ended: 'output-limit' })
    expect(output.stdout.length).toBe(1024 * 1024)
    // Far from the GiB; how far depends on when the runtime collects.
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024)
  })

  test('binary output comes through unchanged', async () => {
    const { stdout } = await run('prints-binary')
    expect(Buffer.from(stdout).toString('latin1')).toBe('\0\xff\xfe\x80 caf\xe9 \r\x1b[31m\n\xc3')
  })

  test('an exit by signal, a missing exit status and a lost connection are told apart, and none has a status', async () => {
    expect(await run('dies-by-signal')).toMatchObject({ code: null, signal: 'KILL' })
    const silent = await run('no-exit-status')
    expect(silent).toMatchObject({ code: null, ended: 'no-exit-status' })
    expect(text(silent.stdout)).toBe('half of the\n')
    for (const kind of ['drops-connection', 'resets'] as const) {
      const lost = await run(kind)
      expect(lost).toMatchObject({ code: null, ended: 'closed', message: expect.stringContaining('connection') })
      expect(text(lost.stdout)).toBe('half of the\n')
    }
  })

  test('a connection that was lost is made anew when the host is wanted again', async () => {
    await run('drops-connection')
    expect(text((await run('drops-connection')).stdout)).toBe('half of the\n')
  })

  test('an interrupt ends an attempt to connect at once', async () => {
    const interrupt = new AbortController()
    const waiting = pool.connect(hostNamed(fleet.of('hangs-before-banner')[0] ?? '?'), {
      signal: interrupt.signal,
      onStage: stage => stage === 'banner' && interrupt.abort(),
    })
    await expect(waiting).rejects.toMatchObject({ reason: 'cancelled' })
  })

  test('only the connecting is tried again, after a wait, as often as was asked', async () => {
    const attempts: number[] = []
    const stubborn = fleetPool(fleet, { retries: 2, targets: { gone: { port: 1 } } })
    const host = hostNamed('gone', { address: '127.0.1.1' })
    const onStage = (stage: string, attempt: number): unknown => stage === 'connect' && attempts.push(attempt)
    await expect(stubborn.connect(host, { signal, onStage })).rejects.toMatchObject({ reason: 'unreachable' })
    expect(attempts).toEqual([1, 2, 3])
  })

  test('a name that does not exist is not tried again', async () => {
    const attempts: number[] = []
    const stubborn = fleetPool(fleet, { retries: 2 })
    const onStage = (_: string, attempt: number): unknown => attempts.push(attempt)
    const connecting = stubborn.connect(hostNamed('web1.invalid'), { signal, onStage })
    await expect(connecting).rejects.toMatchObject({ reason: 'unreachable', stage: 'resolve', retryable: false })
    expect(new Set(attempts)).toEqual(new Set([1]))
  })
})

const portsOf = (fleet: FaultyFleet): Record<string, { port: number }> =>
  Object.fromEntries(fleet.hosts.map(({ address, port }) => [address, { port }]))
