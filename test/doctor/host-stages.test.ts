import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import doctor from '../../src/commands/doctor.ts'
import type { Item } from '../../src/lib/core/item.ts'
import { type FaultyFleet, type FaultyKind, startFaultyFleet } from '../helpers/faulty-hosts.ts'
import { inProcess } from '../helpers/in-process.ts'
import { needs } from '../helpers/needs.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const kinds: readonly FaultyKind[] = [
  'never-answers',
  'hangs-before-banner',
  'hangs-after-banner',
  'refuses-connection',
  'refuses-auth',
  'wrong-host-key',
]

describe.skipIf(!needs('sshd', 'root'))('opsctl doctor --host', () => {
  let fleet: FaultyFleet
  beforeAll(async () => {
    fleet = await startFaultyFleet({ healthy: 2, each: 1, kinds })
  }, 60_000)
  afterAll(() => fleet.stop())

  async function examine(hosts: readonly string[]): Promise<{ readonly code: number; readonly items: readonly Item[] }> {
    await using home = await tempDir()
    const line = [
      'doctor',
      '--host',
      hosts.join(','),
      '--ssh-config',
      fleet.sshConfigFile,
      '--connect-timeout',
      '1s',
      '-o',
      'json',
    ]
    const { code, stdout } = await inProcess(line, { commands: [doctor], home: home.path })
    return { code, items: JSON.parse(stdout).items.filter((item: Item) => item.host !== undefined) }
  }

  test('passes every stage of a healthy host, each with its time', async () => {
    const { code, items } = await examine(fleet.of('healthy'))
    expect(code).toBe(0)
    const [first = ''] = fleet.of('healthy')
    const stages = items.filter(({ host }) => host === first)
    expect(stages.map(({ name, verdict }) => `${name}: ${verdict}`)).toEqual([
      'name resolution: pass',
      'TCP connection: pass',
      'SSH banner: pass',
      'key exchange: pass',
      'host key: pass',
      'authentication: pass',
      'session: pass',
      'command: pass',
    ])
    expect(stages.at(-1)?.message).toMatch(/^Linux \d/)
    expect(stages.every(({ durationMs }) => durationMs >= 0 && durationMs < 5000)).toBe(true)
    expect(items.map(({ host }) => host)).toEqual([...Array(8).fill(first), ...Array(8).fill(fleet.of('healthy')[1])])
  })

  test.each<[FaultyKind, string, RegExp]>([
    ['refuses-connection', 'TCP connection', /connection refused; does sshd listen there/],
    ['never-answers', 'TCP connection', /no answer.*; does sshd listen there/],
    ['hangs-before-banner', 'SSH banner', /did not introduce itself.*; something else may listen/],
    ['hangs-after-banner', 'key exchange', /; compare with ssh -vv/],
    ['wrong-host-key', 'host key', /; compare the fingerprint on the console/],
    ['refuses-auth', 'authentication', /tried: .*; is one of them in authorized_keys/],
  ])('tells where the way to a host ends that %s', async (kind, stage, message) => {
    const { code, items } = await examine(fleet.of(kind))
    expect(code).toBe(1)
    expect(items.at(-1)).toMatchObject({ name: stage, verdict: 'fail', message: expect.stringMatching(message) })
    expect(items.slice(0, -1).every(({ verdict }) => verdict === 'pass')).toBe(true)
  })

  test('goes to this machine without SSH', async () => {
    const { code, items } = await examine(['localhost'])
    expect({ code, names: items.map(({ name }) => name) }).toEqual({ code: 0, names: ['command'] })
  })
})
