import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Item } from '../../src/lib/core/item.ts'
import { type FaultyFleet, type FaultyKind, faultyKinds, startFaultyFleet } from '../helpers/faulty-hosts.ts'
import { type Fleet, startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const soak = process.env['SOAK'] === '1'

/** What each kind of bad host must be told as. */
const expected: Readonly<Record<FaultyKind, { readonly outcome: Item['outcome']; readonly reason?: Item['reason'] }>> = {
  'never-answers': { outcome: 'failed', reason: 'connect-timeout' },
  'hangs-before-banner': { outcome: 'failed', reason: 'connect-timeout' },
  'hangs-after-banner': { outcome: 'failed', reason: 'connect-timeout' },
  'drops-in-kex': { outcome: 'failed', reason: 'unreachable' },
  'hangs-after-auth': { outcome: 'failed', reason: 'connect-timeout' },
  'never-closes': { outcome: 'ok' },
  'never-exits': { outcome: 'failed', reason: 'timeout' },
  'prints-1-gib': { outcome: 'failed', reason: 'output-limit' },
  'prints-binary': { outcome: 'ok' },
  drips: { outcome: 'failed', reason: 'timeout' },
  'dies-by-signal': { outcome: 'failed', reason: 'signal' },
  'drops-connection': { outcome: 'failed', reason: 'closed' },
  'no-exit-status': { outcome: 'failed', reason: 'no-exit-status' },
  resets: { outcome: 'failed', reason: 'closed' },
  'refuses-connection': { outcome: 'failed', reason: 'unreachable' },
  'refuses-auth': { outcome: 'failed', reason: 'auth' },
  'wrong-host-key': { outcome: 'failed', reason: 'hostkey' },
}

describe.skipIf(!needs('sshd', 'root'))('opsctl exec over SSH', () => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await startFleet({ hosts: 20 })
  })
  afterAll(() => fleet.stop())
  const on = (...args: readonly string[]): string[] => ['exec', '--ssh-config', fleet.sshConfigFile, ...args]

  test('runs on every host of a node set and gives each line its host', async () => {
    const { code, stdout, stderr } = await opsctl(on('-t', '127.0.1.[1-20]', '--', 'echo', 'hello there'))
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('20 ok') })
    expect(stdout.trimEnd().split('\n').sort()).toEqual(
      fleet.addresses.map(address => `${`${address}:`.padEnd(12)}hello there`).sort(),
    )
  })

  test('shows the same output once with --collate, and how others differ with --diff', async () => {
    const line = 'case $SSH_CONNECTION in *127.0.1.7\\ *) echo odd;; *) echo even;; esac'
    const { stdout } = await opsctl(on('-t', '127.0.1.[1-20]', '--collate', '--diff', '--', line))
    expect(stdout).toMatch(/127\.0\.1\.\[1-6,8-20\]/)
    expect(stdout).toMatch(/-even\n\+odd/)
  })

  test('reads the targets from stdin', async () => {
    const { stdout, code } = await opsctl(on('-t', '-', '--', 'true'), { stdin: '127.0.1.1\n# a comment\n127.0.1.[2-3]\n' })
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  })

  test('runs again only on those that failed, also after the run was killed', async () => {
    await using state = await tempDir()
    const line = 'case $SSH_CONNECTION in *127.0.1.[45]\\ *) exit 3;; esac'
    const first = await opsctl(on('--state-dir', state.path, '-t', '127.0.1.[1-8]', '--', line))
    expect(first.code).toBe(1)
    const again = await opsctl(
      on('--state-dir', state.path, '-t', '127.0.1.[1-8]', '--limit', '@failed', '-o', 'json', '--', 'true'),
    )
    expect(JSON.parse(again.stdout).items.map((item: Item) => item.host)).toEqual(['127.0.1.4', '127.0.1.5'])

    const run = await startOpsctl(
      on(
        '--state-dir',
        state.path,
        '-t',
        '127.0.1.[1-4]',
        '--',
        'case $SSH_CONNECTION in *127.0.1.1\\ *) echo one;; *) sleep 60;; esac',
      ),
    )
    await run.until(/one/)
    run.child.kill('SIGKILL')
    await run.ended
    const rest = await opsctl(['hosts', '--state-dir', state.path, '-t', '@failed'])
    expect(rest.stdout.trimEnd().split('\n')).toEqual(expect.arrayContaining(['127.0.1.2', '127.0.1.3', '127.0.1.4']))
  })

  test('takes its share of the targets', async () => {
    const shares = await Promise.all([1, 2, 3].map(index => opsctl(['hosts', '-t', '127.0.1.[1-20]', '--shard', `${index}/3`])))
    const hosts = shares.flatMap(({ stdout }) => stdout.trimEnd().split('\n'))
    expect(hosts.sort()).toEqual([...fleet.addresses].sort())
  })

  test('says in shares, joined again, what one run says', async () => {
    await using directory = await tempDir()
    const line = 'case $SSH_CONNECTION in *127.0.1.[45]\\ *) echo odd; exit 3;; *127.0.1.2[1-9]\\ *) exit 4;; *) echo even;; esac'
    // The last one has no server.
    const args = ['-t', '127.0.1.[1-20],127.0.9.1', '--retries', '0', '--collate', '-o', 'json']
    const whole = await opsctl(on(...args, '--', line))
    const shares = await Promise.all(
      [1, 2, 3].map(index =>
        opsctl(on(...args, '--shard', `${index}/3`, '--output-file', `${directory.path}/${index}`, '--', line)),
      ),
    )
    expect(Math.max(...shares.map(({ code }) => code ?? -1))).toBe(1)
    const merged = await opsctl(['report', 'merge', '1', '2', '3', '-o', 'json'], { cwd: directory.path })
    const said = ({ stdout, code }: { readonly stdout: string; readonly code: number | null }) => {
      const { title, counts, items, blocks, exitCode } = JSON.parse(stdout)
      const bare = items.map(({ startedAt: _s, durationMs: _d, ...item }: Item) => item)
      return { code, title, counts, exitCode, items: bare, blocks: blocks.map(({ hosts }: { hosts: string[] }) => hosts.sort()) }
    }
    expect(said(whole)).toMatchObject({ code: 1, counts: { total: 21, byOutcome: { ok: 18, failed: 3 } } })
    expect(said(merged)).toEqual(said(whole))
  }, 120_000)

  test('tells where an unknown host key comes from, and learns it only when asked to', async () => {
    await using directory = await tempDir()
    const config = join(directory.path, 'config')
    const known = join(directory.path, 'known_hosts')
    await Bun.write(
      config,
      `Host *\n  Port ${fleet.port}\n  User ${fleet.user.name}\n  IdentityFile ${fleet.keyFile}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${known}\n`,
    )
    const run = (...args: readonly string[]) =>
      opsctl(['exec', '--ssh-config', config, '-t', '127.0.1.1', ...args, '--', 'echo ok'])
    const strict = await run()
    expect({ code: strict.code, stderr: strict.stderr }).toEqual({ code: 77, stderr: expect.stringMatching(/SHA256:/) })
    expect((await run('--host-key-policy', 'accept-new')).stdout).toBe('127.0.1.1: ok\n')
    expect((await run()).code).toBe(0)
    expect(await readFile(known, 'utf8')).toContain(`[127.0.1.1]:${fleet.port}`)
  })

  test('stops cleanly at the first Ctrl-C and names who was pending', async () => {
    const run = await startOpsctl(on('-t', '127.0.1.[1-20]', '--concurrency', '5', '--', 'echo started; sleep 60'))
    await run.until(/started/)
    run.kill('SIGINT')
    const { code, stderr } = await run.ended
    expect(code).toBe(130)
    expect(stderr).toMatch(/5 running, 15 not started/)
    expect(stderr).toMatch(/127\.0\.1\.\d+: running for/)
  })

  test('starts no further host once more than --max-fail failed', async () => {
    const { code, stdout } = await opsctl(
      on('-t', '127.0.1.[1-20]', '--concurrency', '1', '--max-fail', '10%', '-o', 'json', '--', 'false'),
    )
    const report = JSON.parse(stdout)
    expect({ code, counts: report.counts.byReason }).toEqual({ code: 1, counts: { exit: 3, 'max-fail': 17 } })
  })

  test('keeps the environment and every byte of the arguments', async () => {
    const words = ['a  b', "it's", '$HOME', '`id`', 'new\nline', '\\', '"', '*', '', 'ü→', '-n']
    const { stdout } = await opsctl(
      on('-t', '127.0.1.1', '-o', 'json', '-e', "X=it's $HOME", '--', 'sh', '-c', 'printf "%s\\0" "$X" "$@"', 'sh', ...words),
    )
    expect(JSON.parse(stdout).items[0].output.stdout.text.split('\0').slice(0, -1)).toEqual(["it's $HOME", ...words])
  })
})

describe.skipIf(!needs('sshd', 'root'))('a fleet with bad hosts', () => {
  let fleet: FaultyFleet
  const each = soak ? 5 : 1
  beforeAll(async () => {
    fleet = await startFaultyFleet({ healthy: soak ? 460 : 30, each, kinds: faultyKinds })
  }, 60_000)
  afterAll(() => fleet.stop())

  test('gives one result a host, each with its own reason, in bounded time and memory', async () => {
    const targets = fleet.hosts.map(host => host.address).join(',')
    const args = [
      'exec',
      '--ssh-config',
      fleet.sshConfigFile,
      '-t',
      targets,
      '--concurrency',
      '64',
      '--retries',
      '0',
      '--connect-timeout',
      '3s',
      '--timeout',
      '4s',
    ]
    const { code, stdout } = await opsctl([...args, '--max-output', '1MiB', '-o', 'json', '--', 'echo healthy'], {
      deadlineMs: soak ? 120_000 : 60_000,
    })
    const report = JSON.parse(stdout)
    const items = new Map<string, Item>(report.items.map((item: Item) => [item.host ?? '', item]))
    expect(items.size).toBe(fleet.hosts.length)
    const wrong = fleet.hosts.flatMap(({ address, kind }) => {
      const { outcome, reason } = items.get(address) ?? {}
      const want = kind === 'healthy' ? { outcome: 'ok' } : expected[kind]
      return outcome === want.outcome && reason === ('reason' in want ? want.reason : undefined)
        ? []
        : [{ kind, outcome, reason, message: items.get(address)?.message }]
    })
    expect(wrong).toEqual([])
    expect(code).toBe(1)
  }, 180_000)
})
