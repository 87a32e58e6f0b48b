import { describe, expect, test } from 'bun:test'
import { spawn } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import doctor from '../../src/commands/doctor.ts'
import type { Item } from '../../src/lib/core/item.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { type InProcessOptions, inProcess } from '../helpers/in-process.ts'
import { needs } from '../helpers/needs.ts'
import { poll } from '../helpers/poll.ts'
import { makeKey } from '../helpers/ssh-key.ts'
import { tempDir } from '../helpers/temp-dir.ts'

type Prepare = (home: string) => Promise<unknown>

/** Runs in a home of its own, where no file of the machine is read. */
async function examine(prepare: Prepare, { line = '', ...options }: Partial<InProcessOptions> & { readonly line?: string } = {}) {
  await using home = await tempDir()
  await mkdir(join(home.path, '.ssh'))
  await writeFile(join(home.path, '.ssh/config'), `UserKnownHostsFile ${home.path}/.ssh/known_hosts\nGlobalKnownHostsFile none\n`)
  await prepare(home.path)
  const env = { XDG_STATE_HOME: join(home.path, 'state'), ...options.env }
  const end = await inProcess(`doctor -o json ${line.replaceAll('~', home.path)}`, {
    commands: [doctor],
    ...options,
    home: home.path,
    env,
  })
  if (end.stdout === '') throw new Error(end.stderr)
  const items: Item[] = JSON.parse(end.stdout.replaceAll(home.path, '~')).items
  const verdicts = new Map(items.map(item => [item.path, `${item.verdict}: ${item.message}`]))
  return { code: end.code, items, verdicts }
}

const nothing: Prepare = async () => {}

describe('opsctl doctor', () => {
  test('looks at everything in its order and exits 0 where nothing is broken', async () => {
    const { code, items } = await examine(nothing)
    expect(code).toBe(0)
    expect(items.map(({ path }) => path)).toEqual([
      'install/version',
      'install/platform',
      'install/state',
      'install/files',
      'install/clock',
      'install/terminal',
      'configuration/files',
      'configuration/inventory',
      'ssh/agent',
      'ssh/config',
      'ssh/known_hosts',
    ])
    expect(items.filter(({ verdict }) => verdict === 'fail')).toEqual([])
  })

  test('is a list of signs for people', async () => {
    await using home = await tempDir()
    const { code, stdout } = await inProcess('doctor', { commands: [doctor], home: home.path })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^install\n {2}✓ version +\d+ms {2}opsctl 1\.2\.3 on Bun/)
    expect(stdout).toMatch(/ {2}! agent +\d+ms {2}no agent: SSH_AUTH_SOCK is not set/)
  })

  test.each<[string, string, Prepare, RegExp, number]>([
    [
      'a state directory that others may look into',
      'install/state',
      home => mkdir(join(home, 'state/opsctl'), { recursive: true, mode: 0o755 }),
      /^fail: .*chmod 700 ~\/state\/opsctl$/,
      1,
    ],
    [
      'a file in the place of the state directory',
      'install/state',
      async home => {
        await mkdir(join(home, 'state'))
        await writeFile(join(home, 'state/opsctl'), '')
      },
      /^fail: ~\/state\/opsctl is no directory$/,
      1,
    ],
    [
      'a state directory in order',
      'install/state',
      home => mkdir(join(home, 'state/opsctl/runs/20260101T000000-0000'), { recursive: true, mode: 0o700 }),
      /^pass: ~\/state\/opsctl, 1 runs, .* free$/,
      0,
    ],
    [
      'a run from the future',
      'install/clock',
      home => mkdir(join(home, 'state/opsctl/runs/29990101T000000-0000'), { recursive: true, mode: 0o700 }),
      /^warn: .*29990101T000000-0000 is from later: the clock was set back$/,
      0,
    ],
    [
      'a wrong setting',
      'configuration/files',
      home => writeFile(join(home, 'opsctl.yaml'), 'concurrency: many\ncolr: never\n'),
      /^fail: ~\/opsctl\.yaml:1:14: concurrency: 'many' is not a number, and 1 more; `opsctl config validate` tells all$/,
      1,
    ],
    [
      'settings',
      'configuration/files',
      home => writeFile(join(home, 'opsctl.yaml'), 'concurrency: 8\ncolor: never\n'),
      /^pass: 2 settings in ~\/opsctl\.yaml$/,
      0,
    ],
    [
      'a known_hosts with a line that is cut short',
      'ssh/known_hosts',
      home => writeFile(join(home, '.ssh/known_hosts'), '# shop\n\nweb1 ssh-ed25519 AAAAC3Nz\n'),
      /^warn: 0 keys in ~\/\.ssh\/known_hosts; 1 lines say nothing to ssh: ~\/\.ssh\/known_hosts:3$/,
      0,
    ],
    [
      'a wrong SSH configuration',
      'ssh/config',
      home => writeFile(join(home, '.ssh/config'), 'Host web1\n  Port many\n'),
      /^fail: .*\.ssh\/config.*2/,
      1,
    ],
    [
      'known_hosts below a wrong SSH configuration',
      'ssh/known_hosts',
      home => writeFile(join(home, '.ssh/config'), 'Host web1\n  Port many\n'),
      /^unknown: /,
      1,
    ],
    [
      'hosts of an SSH configuration',
      'configuration/inventory',
      home => writeFile(join(home, '.ssh/config'), 'Host web1 web2\n'),
      /^pass: 2 hosts, \d groups$/,
      0,
    ],
  ])('judges %s', async (_, path, prepare, expected, exit) => {
    const { code, verdicts } = await examine(prepare, { line: '--ssh-config ~/.ssh/config' })
    expect({ code, verdict: verdicts.get(path) }).toEqual({ code: exit, verdict: expect.stringMatching(expected) })
  })

  test('reads the inventory that is named', async () => {
    const write = (text: string) => (home: string) => writeFile(join(home, 'hosts.ini'), text)
    const good = await examine(write('[web]\nweb[1:3]\n'), { line: '-i ~/hosts.ini --ssh-config none' })
    expect(good.verdicts.get('configuration/inventory')).toMatch(/^pass: 3 hosts, /)
    const bad = await examine(write('[web\nweb1\n'), { line: '-i ~/hosts.ini --ssh-config none' })
    expect(bad.verdicts.get('configuration/inventory')).toMatch(/^fail: .*~\/hosts\.ini:1/)
    expect(bad.code).toBe(1)
  })

  test('tells a clock that can not be right', async () => {
    const { verdicts } = await examine(nothing, { clock: new FakeClock(Date.UTC(1970, 0, 1)) })
    expect(verdicts.get('install/clock')).toBe('fail: it is 1970-01-01T00:00:00.000Z here, which can not be; set the clock')
  })

  test('warns where a terminal can not show the signs', async () => {
    const { verdicts } = await examine(nothing, { terminal: 80, env: { LANG: 'C', TERM: 'xterm' } })
    expect(verdicts.get('install/terminal')).toMatch(/^warn: .*80 columns.*export LC_ALL=C\.UTF-8$/)
  })

  test('warns when the concurrency may need more files than this process may open', async () => {
    const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
    const soft = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1])
    const { verdicts } = await examine(nothing, { line: '--concurrency 10000' })
    expect(verdicts.get('install/files')).toMatch(soft < 10_128 ? /^fail: .*ulimit -n 10128/ : /^(pass|na): /)
  })

  test.skipIf(!needs('ssh-agent', 'ssh-keygen'))('counts the keys of the agent, and tells one that is gone', async () => {
    await using directory = await tempDir()
    const socket = join(directory.path, 'agent')
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    const ask = async () => (await examine(nothing, { env: { SSH_AUTH_SOCK: socket } })).verdicts.get('ssh/agent')
    try {
      await poll('the agent listens', 5000, () =>
        Bun.file(socket)
          .exists()
          .then(() => Bun.spawnSync(['ssh-add', '-l'], { env: { SSH_AUTH_SOCK: socket } }).exitCode === 1),
      )
      expect(await ask()).toBe(`warn: the agent at ${socket} holds no key; ssh-add`)
      const key = join(directory.path, 'id_ed25519')
      await makeKey(key, 'ed25519')
      await chmod(key, 0o600)
      Bun.spawnSync(['ssh-add', '-q', key], { env: { SSH_AUTH_SOCK: socket } })
      expect(await ask()).toBe(`pass: 1 keys at ${socket}`)
    } finally {
      agent.kill()
    }
    await poll('the agent has ended', 5000, () => agent.exitCode !== null || agent.signalCode !== null)
    expect(await ask()).toMatch(/^fail: the agent at .* can not be asked; start one, or unset SSH_AUTH_SOCK/)
  })
})
