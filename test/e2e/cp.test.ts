import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { chmod, chown, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Item } from '../../src/lib/core/item.ts'
import { picture, wildTree } from '../copy/tree.ts'
import { type Fleet, type FleetUser, startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** The name of an account that has sftp and no shell. */
const sftpOnly = (directory: string): string => `ops-${directory.slice(-6).toLowerCase()}-3`

setDefaultTimeout(60_000)

describe.skipIf(!needs('sshd', 'root', 'sudo', 'tar'))('opsctl cp over SSH', () => {
  let fleet: Fleet
  let alice: FleetUser
  let bob: FleetUser
  beforeAll(async () => {
    fleet = await startFleet({
      hosts: 8,
      users: [{ sudo: 'nopasswd' }, { sudo: 'password', password: 'correct horse' }, {}],
      matches: directory => `Match User ${sftpOnly(directory)}\n  ForceCommand internal-sftp\n`,
    })
    const [first, second] = fleet.users
    if (!first || !second) throw new Error('the fleet made no accounts')
    alice = first
    bob = second
  })
  afterAll(() => fleet.stop())

  const cp = (...args: readonly string[]): string[] => ['cp', '--ssh-config', fleet.sshConfigFile, ...args]
  const at = (user: FleetUser, host: number): string => `${user.name}@127.0.1.${host}`
  const items = (stdout: string): Item[] => JSON.parse(stdout).items

  test('brings a tree of wild names to two hosts and back, and knows that nothing differs', async () => {
    await using here = await tempDir()
    await wildTree(join(here.path, 'site'))
    const both = `${at(alice, 1)},${at(bob, 2)}`
    const there = await opsctl(cp('-t', both, '-o', 'json', 'site', ':'), { cwd: here.path })
    expect(there).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(there.stdout)).toMatchObject({ kind: 'cp', changed: true, counts: { byOutcome: { changed: 2 } } })
    for (const user of [alice, bob])
      expect(await picture(join(user.home, 'site'))).toEqual(await picture(join(here.path, 'site')))
    expect((await stat(join(alice.home, 'site/run.sh'))).uid).toBe((await stat(alice.home)).uid)

    const again = await opsctl(cp('-t', both, '-o', 'json', 'site', ':'), { cwd: here.path })
    expect(JSON.parse(again.stdout)).toMatchObject({ changed: false, counts: { byOutcome: { ok: 2 } } })

    const back = await opsctl(cp('-t', both, ':site', 'back'), { cwd: here.path })
    expect(back).toMatchObject({ code: 0, stderr: expect.stringContaining('2 changed') })
    expect((await readdir(join(here.path, 'back'))).sort()).toEqual([at(alice, 1), at(bob, 2)].sort())
    for (const host of await readdir(join(here.path, 'back'))) {
      expect(await picture(join(here.path, 'back', host, 'site'))).toEqual(await picture(join(here.path, 'site')))
    }
    expect((await readdir(alice.home)).filter(name => name.startsWith('.opsctl'))).toEqual([])
  })

  test('lists with --dry-run what would be copied, the same on several hosts once', async () => {
    await using here = await tempDir()
    await writeFile(join(here.path, 'motd'), 'hello')
    const { code, stdout, stderr } = await opsctl(cp('-t', '127.0.1.[1-5]', '-n', 'motd', ':new/'), { cwd: here.path })
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('5 skipped') })
    expect(stdout).toContain('127.0.1.[1-5] (5)')
    expect(stdout).toContain(`${here.path}/motd -> :new/motd`)
    expect(await readdir(fleet.user.home)).not.toContain('new')
  })

  test('copies five thousand small files both ways', async () => {
    await using here = await tempDir()
    for (let index = 0; index < 5000; index++) {
      if (index % 100 === 0) await mkdir(join(here.path, `mail/box-${index / 100}`), { recursive: true })
      await writeFile(join(here.path, `mail/box-${Math.floor(index / 100)}/${index}.eml`), `Subject: message ${index}\n`)
    }
    const sent = await opsctl(cp('-t', at(alice, 1), '-o', 'json', 'mail', ':'), { cwd: here.path, deadlineMs: 60_000 })
    expect(items(sent.stdout)).toMatchObject([{ outcome: 'changed', metrics: { files: 5000 } }])
    const back = await opsctl(cp('-t', at(alice, 1), '--flat', ':mail', 'copy'), { cwd: here.path, deadlineMs: 60_000 })
    expect(back.code).toBe(0)
    expect(await picture(join(here.path, 'copy'))).toEqual(await picture(join(here.path, 'mail')))
  }, 120_000)

  test('copies 300 MB both ways in little memory', async () => {
    await using here = await tempDir()
    const block = crypto.getRandomValues(new Uint8Array(60_000))
    const piece = Buffer.concat(Array.from({ length: 50 }, () => block))
    for (let index = 0; index < 100; index++) await writeFile(join(here.path, 'dump.sql'), piece, { flag: 'a' })
    for (const paths of [
      ['dump.sql', ':dump.sql'],
      ['--flat', ':dump.sql', 'copy.sql'],
    ]) {
      const run = await startOpsctl(cp('-t', at(alice, 1), ...paths), { cwd: here.path, deadlineMs: 120_000 })
      let peakKiB = 0
      const ended = poll('the copy has ended', 120_000, async () => {
        const status = await readFile(`/proc/${run.child.pid}/status`, 'utf8').catch(() => '')
        peakKiB = Math.max(peakKiB, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
        return run.child.exitCode !== null
      })
      expect((await run.ended).code).toBe(0)
      await ended
      expect(peakKiB).toBeGreaterThan(20_000)
      expect(peakKiB).toBeLessThan(250_000)
    }
    const same = await Bun.spawn(['cmp', 'dump.sql', 'copy.sql'], { cwd: here.path }).exited
    expect(same).toBe(0)
  }, 240_000)

  test('leaves the old file and nothing else when the connection breaks', async () => {
    await using here = await tempDir()
    await writeFile(join(here.path, 'big'), '')
    await truncate(join(here.path, 'big'), 500_000_000)
    const target = join(bob.home, 'broken')
    await mkdir(target)
    await writeFile(join(target, 'big'), 'old')
    await chown(target, (await stat(bob.home)).uid, (await stat(bob.home)).gid)
    const run = await startOpsctl(cp('-t', at(bob, 3), '-o', 'json', 'big', ':broken/'), { cwd: here.path, deadlineMs: 60_000 })
    const stage = await poll('the copy is under way', 20_000, async () =>
      (await readdir(target)).find(name => name.startsWith('.opsctl-')),
    )
    await poll(
      'the file is on its way',
      20_000,
      async () => (await stat(join(target, stage, 't/big')).catch(() => undefined)) !== undefined,
    )
    process.kill(await serverOf(bob.name), 'SIGKILL')
    const { code, stdout } = await run.ended
    expect({ code, item: items(stdout)[0] }).toMatchObject({ code: 1, item: { outcome: 'failed', reason: 'closed' } })
    await poll('the private directory is gone', 10_000, async () => (await readdir(target)).length === 1)
    expect(await readFile(join(target, 'big'), 'utf8')).toBe('old')
  }, 90_000)

  test('leaves the old file and nothing else after Ctrl-C', async () => {
    await using here = await tempDir()
    await writeFile(join(here.path, 'big'), '')
    await truncate(join(here.path, 'big'), 500_000_000)
    await writeFile(join(alice.home, 'big'), 'old')
    const run = await startOpsctl(cp('-t', at(alice, 4), 'big', ':'), { cwd: here.path, deadlineMs: 60_000 })
    const stages = async (): Promise<string[]> => (await readdir(alice.home)).filter(name => name.startsWith('.opsctl-'))
    await poll('the copy is under way', 20_000, async () => (await stages()).length > 0)
    run.kill('SIGINT')
    const { code, stderr } = await run.ended
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringMatching(/sending 1 file, 476\.8 MiB for /) })
    expect(await stages()).toEqual([])
    expect(await readFile(join(alice.home, 'big'), 'utf8')).toBe('old')
  }, 90_000)

  test('tells on which hosts a destination is read-only', async () => {
    await using here = await tempDir()
    await writeFile(join(here.path, 'motd'), 'hello')
    const { code, stdout } = await opsctl(cp('-t', '127.0.1.[1-2]', '-o', 'json', 'motd', ':/etc/motd.d/'), { cwd: here.path })
    expect(code).toBe(1)
    expect(items(stdout)).toMatchObject(
      [1, 2].map(() => ({ outcome: 'failed', reason: 'transfer', message: expect.stringMatching(/permission denied/i) })),
    )
  })

  test('writes and reads as root with sudo, with and without a password, and gives files an owner', async () => {
    await using here = await tempDir()
    await using there = await tempDir()
    await mkdir(join(here.path, 'conf.d'))
    await writeFile(join(here.path, 'conf.d/site.conf'), 'listen 80;')
    await chmod(join(here.path, 'conf.d/site.conf'), 0o4640)
    const options = { cwd: here.path }
    const first = await opsctl(
      cp('-t', at(alice, 1), '--sudo', '--owner', 'nobody:daemon', 'conf.d', `:${there.path}/etc/`),
      options,
    )
    expect(first.code).toBe(0)
    const { uid, gid, mode } = await stat(join(there.path, 'etc/conf.d/site.conf'))
    expect({ uid, gid, mode: mode & 0o7777 }).toEqual({ uid: 65_534, gid: 1, mode: 0o4640 })
    expect((await stat(join(there.path, 'etc/conf.d'))).uid).toBe(65_534)
    const again = await opsctl(
      cp('-t', at(alice, 1), '--sudo', '--owner', 'nobody:1', '-o', 'json', 'conf.d', `:${there.path}/etc/`),
      options,
    )
    expect(items(again.stdout)).toMatchObject([{ outcome: 'ok' }])
    const other = await opsctl(
      cp('-t', at(alice, 1), '--sudo', '--owner', 'root', '-o', 'json', 'conf.d', `:${there.path}/etc/`),
      options,
    )
    expect(items(other.stdout)).toMatchObject([{ outcome: 'changed', metrics: { files: 1 } }])

    await writeFile(join(here.path, 'password'), 'correct horse\n', { mode: 0o600 })
    const asRoot = ['--sudo', '--sudo-password-file', join(here.path, 'password')]
    const pulled = await opsctl(cp('-t', at(bob, 2), ...asRoot, '--flat', `:${there.path}/etc`, 'etc'), options)
    expect(pulled.code).toBe(0)
    expect(await readFile(join(here.path, 'etc/conf.d/site.conf'), 'utf8')).toBe('listen 80;')
    const without = await opsctl(cp('-t', at(bob, 2), '--flat', `:${there.path}/etc`, 'etc'), options)
    expect({ code: without.code, stderr: without.stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/permission denied/i),
    })
  })

  test('needs the right of root to give files away, and leaves nothing behind without it', async () => {
    await using here = await tempDir()
    await writeFile(join(here.path, 'gift'), 'x')
    const { code, stderr } = await opsctl(cp('-t', at(alice, 1), '--owner', 'root', 'gift', ':'), { cwd: here.path })
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/not permitted/) })
    expect((await readdir(alice.home)).filter(name => /gift|opsctl/.test(name))).toEqual([])
  })

  test('copies plain files to and from hosts that have sftp alone, and says what else it would need', async () => {
    await using here = await tempDir()
    const carol = fleet.users[2] ?? alice
    await writeFile(join(here.path, 'motd'), 'hello', { mode: 0o640 })
    expect(await opsctl(cp('-t', at(carol, 5), 'motd', `:${carol.home}/banner`), { cwd: here.path })).toMatchObject({ code: 0 })
    expect(await readFile(join(carol.home, 'banner'), 'utf8')).toBe('hello')
    expect((await stat(join(carol.home, 'banner'))).mode & 0o777).toBe(0o640)
    expect(await opsctl(cp('-t', at(carol, 5), '--flat', ':banner', 'back'), { cwd: here.path })).toMatchObject({ code: 0 })
    expect(await readFile(join(here.path, 'back'), 'utf8')).toBe('hello')
    await mkdir(join(here.path, 'site'))
    const { code, stderr } = await opsctl(cp('-t', at(carol, 5), 'site', ':'), { cwd: here.path })
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('sftp alone') })
  })

  test('ends with 74 when nothing can be written here', async () => {
    await using here = await tempDir()
    await writeFile(join(here.path, 'logs'), 'a file')
    const { code, stderr } = await opsctl(cp('-t', '127.0.1.[1-3]', ':/etc/passwd', 'logs/'), { cwd: here.path })
    expect({ code, stderr }).toEqual({ code: 74, stderr: expect.stringContaining('is not a directory') })
  })

  test('starts no further host once more failed than --max-fail allows, and names those that could not be reached', async () => {
    await using here = await tempDir()
    await writeFile(join(here.path, 'motd'), 'hello')
    const options = ['--max-fail', '0', '--concurrency', '1', '--retries', '0', '-o', 'json']
    const { code, stdout } = await opsctl(cp('-t', '127.0.1.1:1,127.0.1.2', ...options, 'motd', ':'), { cwd: here.path })
    expect(code).toBe(1)
    expect(items(stdout).map(({ reason }) => reason)).toEqual(['unreachable', 'max-fail'])
  })

  test.each([
    [['motd'], 'what to copy'],
    [['motd', 'copy'], 'neither motd nor copy'],
    [['no-such', ':'], 'no-such: no such file'],
    [['--flat', ':motd', 'x', '-t', '127.0.1.2'], '--flat would mix the files of 2 hosts'],
    [['--flat', 'motd', ':'], '--flat is for files from a host'],
    [['--owner', 'root', ':motd', 'x'], '--owner is for files on the hosts'],
    [['--owner', 'a b', 'motd', ':'], "'a b' is not an owner"],
    [[':etc/motd', ':motd', 'x'], 'would both become motd'],
    [['--idle-timeout', '5s', 'motd', ':'], '--idle-timeout'],
  ])('%j is refused before anything is contacted', async (args, text) => {
    await using here = await tempDir()
    await writeFile(join(here.path, 'motd'), 'hello')
    const { code, stderr } = await opsctl(cp('-t', '127.0.1.1', ...args), { cwd: here.path })
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(text) })
  })
})

/** The server process of the only connection of an account. */
async function serverOf(user: string): Promise<number> {
  for (const pid of await readdir('/proc')) {
    const title = /^\d+$/.test(pid) ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : ''
    if (title.startsWith(`sshd: ${user}@`) || title.startsWith(`sshd-session: ${user}@`)) return Number(pid)
  }
  throw new Error(`no connection of ${user}`)
}
