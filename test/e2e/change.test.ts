import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, lstat, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Span } from '../../src/lib/core/report.ts'
import { type Fleet, startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

/** A host's directory with what a change works on, and everything that could differ of it. */
class Site implements AsyncDisposable {
  readonly #directory: TempDir

  private constructor(directory: TempDir) {
    this.#directory = directory
  }

  static async make(): Promise<Site> {
    const directory = await tempDir()
    const site = new Site(directory)
    await chmod(directory.path, 0o755)
    for (const folder of ['etc', 'state']) await mkdir(site.at(folder))
    await writeFile(site.at('etc/nginx.conf'), 'worker_connections 512;\n', { mode: 0o640 })
    await writeFile(site.at('etc/motd'), 'welcome\n', { mode: 0o644 })
    await writeFile(site.at('etc/old.conf'), Buffer.from([0, 255, 10, 13]), { mode: 0o600 })
    for (const name of ['nginx.conf', 'motd', 'old.conf']) await utimes(site.at('etc', name), 1_700_000_000, 1_700_000_000)
    return site
  }

  at(...parts: readonly string[]): string {
    return join(this.#directory.path, ...parts)
  }

  /** Names, modes, owners and contents. */
  async fingerprint(): Promise<unknown> {
    const names = (await readdir(this.at('etc'))).sort()
    return Promise.all(
      names.map(async name => {
        const { mode, uid, gid } = await lstat(this.at('etc', name))
        return { name, mode: mode.toString(8), uid, gid, content: (await readFile(this.at('etc', name))).toString('hex') }
      }),
    )
  }

  /** The change of every test: files written, edited and removed, a command with its undo, and a handler. */
  async change(more: { readonly targets?: string; readonly last?: string } = {}): Promise<string> {
    const path = this.at('change.yaml')
    const quoted = (name: string): string => JSON.stringify(this.at(name))
    await writeFile(
      path,
      `name: raise the limits
targets: ${more.targets ?? 'localhost'}
steps:
  - id: config
    write-file: { path: ${quoted('etc/nginx.conf')}, content: "worker_connections 1024;\\n", mode: "0644" }
  - id: motd
    line-in-file: { path: ${quoted('etc/motd')}, line: maintenance tonight }
  - id: old
    remove-file: { path: ${quoted('etc/old.conf')} }
  - id: marker
    run: [touch, ${quoted('etc/marker')}]
    rollback: [rm, -f, ${quoted('etc/marker')}]
${more.last ?? ''}
handlers:
  - id: reload
    on: [config, motd]
    run: ${JSON.stringify(`cat ${this.at('etc/nginx.conf')} >> ${this.at('log')}`)}
    rollback: "true"
`,
    )
    return path
  }

  async log(): Promise<string> {
    return readFile(this.at('log'), 'utf8').catch(() => '')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#directory[Symbol.asyncDispose]())
  }
}

const run = (site: Site, ...args: readonly string[]) => opsctl(['--state-dir', site.at('state'), ...args])

describe('opsctl exec CHANGE.yaml', () => {
  test('shows with --dry-run what would be changed, and changes nothing', async () => {
    await using site = await Site.make()
    const before = await site.fingerprint()
    const { code, stdout } = await run(site, 'exec', '--dry-run', await site.change())
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('-worker_connections 512;\n+worker_connections 1024;'),
    })
    expect(await site.fingerprint()).toEqual(before)
  })

  test('tells continuous integration with --detailed-exit-code whether something would be changed', async () => {
    await using site = await Site.make()
    const path = site.at('change.yaml')
    const steps = `steps:\n  - line-in-file: { path: ${site.at('etc/motd')}, line: maintenance tonight }\n`
    const write = (targets: string): Promise<void> => writeFile(path, `name: tell of it\ntargets: ${targets}\n${steps}`)
    const look = async (...flags: string[]) => {
      const { code, stdout } = await run(site, 'exec', '--dry-run', '-o', 'json', '--retries', '0', ...flags, path)
      return { code, ...(JSON.parse(stdout) as { exitCode: number; items: { data?: { pending?: boolean } }[] }) }
    }
    await write('localhost')
    expect(await look()).toMatchObject({ code: 0, exitCode: 0, items: [{ data: { pending: true } }] })
    expect(await look('--detailed-exit-code')).toMatchObject({ code: 4, exitCode: 4, items: [{ data: { pending: true } }] })
    await write("'localhost,127.0.0.1:1'")
    expect(await look('--detailed-exit-code')).toMatchObject({ code: 3, exitCode: 3 })
    await write('localhost')
    await run(site, 'exec', '--yes', path)
    expect(await look('--detailed-exit-code')).toMatchObject({ code: 0, items: [{ data: { pending: false } }] })
  }, 60_000)

  test.each([
    [['--detailed-exit-code', '-t', 'localhost', '--', 'true'], 'add --dry-run'],
    [['--dry-run', '-t', 'localhost', '--', 'true'], '--dry-run is for change files'],
    [['--dry-run', '--resume', '20261122T031500.123-7f3a'], '--resume goes on'],
  ])('runs nothing for a dry run that can not be one: %p', async (args, why) => {
    await using site = await Site.make()
    const { code, stderr } = await run(site, 'exec', ...args)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(why) })
  })

  test('refuses to change anything where nobody can be asked', async () => {
    await using site = await Site.make()
    const before = await site.fingerprint()
    const { code, stderr } = await run(site, 'exec', await site.change())
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--yes') })
    expect(await site.fingerprint()).toEqual(before)
  })

  test('changes nothing where nothing can be recorded', async () => {
    await using site = await Site.make()
    const before = await site.fingerprint()
    const { code, stderr } = await opsctl(['--state-dir', '/proc/no/such', 'exec', '--yes', await site.change()])
    expect({ code, stderr }).toEqual({ code: 74, stderr: expect.stringContaining('E_STATE') })
    expect(stderr).toContain('cannot make /proc/no/such/locks')
    expect(await site.fingerprint()).toEqual(before)
  }, 60_000)

  test('changes what has to be changed, calls the handler once, and changes nothing the second time', async () => {
    await using site = await Site.make()
    const change = await site.change()
    const first = await run(site, 'exec', '--yes', '-o', 'json', change)
    expect({ code: first.code, changed: JSON.parse(first.stdout).counts.byOutcome }).toEqual({ code: 0, changed: { changed: 5 } })
    expect(await readFile(site.at('etc/motd'), 'utf8')).toBe('welcome\nmaintenance tonight\n')
    const second = await run(site, 'exec', '--yes', '-o', 'json', change)
    // A command without a marker runs every time: only it is not known to be done.
    expect(JSON.parse(second.stdout).counts.byOutcome).toEqual({ ok: 3, changed: 1 })
    expect(await site.log()).toBe('worker_connections 1024;\n')
  })

  test('takes everything back byte for byte when a step fails, and calls the handler again', async () => {
    await using site = await Site.make()
    const before = await site.fingerprint()
    const last = `  - id: restart\n    run: exit 7\n    rollback: "true"`
    const { code, stderr } = await run(site, 'exec', '--yes', await site.change({ last }))
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining('exit') })
    expect(await site.fingerprint()).toEqual(before)
  })

  test('tells in JSON what happened when, with what failed in the second wave and what was taken back, and draws it', async () => {
    await using site = await Site.make()
    await writeFile(
      site.at('hosts.ini'),
      'web1 ansible_connection=local\nweb2 ansible_connection=local\nweb3 ansible_connection=local\n',
    )
    await writeFile(
      site.at('claim.yaml'),
      `name: claim the directory
targets: "@all"
waves: [1, 1]
precheck:
  - command: { run: "true" }
steps:
  - id: look
    run: "true"
    rollback: "true"
  - id: claim
    run: [mkdir, ${JSON.stringify(site.at('claimed'))}]
    rollback: rm -rf ${site.at('claimed')}
handlers:
  - id: reload
    on: [claim]
    run: "true"
    rollback: "true"
gates:
  - command: { run: [test, -d, ${JSON.stringify(site.at('claimed'))}] }
`,
    )
    const [page, document] = [site.at('run.html'), site.at('run.json')]
    const outputs = ['-o', `html=${page}`, '-o', `json=${document}`]
    const { code } = await run(site, 'exec', '--yes', '-i', site.at('hosts.ini'), ...outputs, site.at('claim.yaml'))
    expect(code).toBe(5)
    const { timeline, startedAt } = JSON.parse(await readFile(document, 'utf8'))
    const spans: readonly Span[] = timeline
    const told = spans.map(({ group, row, name, outcome, verdict }) => `${group}: ${row} ${name} ${outcome ?? verdict}`)
    expect(told.toSorted()).toEqual([
      ...['web1', 'web2', 'web3'].map(host => `precheck: ${host} precheck ok`),
      ...['claim', 'look', 'reload'].map(step => `undo: web1 ${step} undone`),
      ...['claim', 'look'].map(step => `undo: web2 ${step} undone`),
      ...['claim', 'look', 'reload'].map(step => `wave 1: web1 ${step} changed`),
      `wave 1: web1 test -d ${site.at('claimed')} pass`,
      'wave 2: web2 claim failed',
      'wave 2: web2 look changed',
      'wave 3: web3 change skipped',
    ])
    expect(spans.find(({ outcome }) => outcome === 'failed')?.message).toContain('File exists')
    expect(spans.map(span => span.startedAt)).toEqual(spans.map(span => span.startedAt).toSorted())
    expect(spans.every(span => span.startedAt >= startedAt)).toBe(true)
    const text = await readFile(page, 'utf8')
    expect(text).toContain('<ol class="lane" aria-label="web2">')
    for (const { group } of spans) expect(text).toContain(`<span class="who">${group}</span>`)
  }, 60_000)

  test('names every mistake of the file at its place before anything is touched', async () => {
    await using site = await Site.make()
    const path = site.at('bad.yaml')
    await writeFile(path, 'name: bad\ntargets: localhost\nsteps:\n  - write-fiel: { path: /etc/motd, content: x }\n')
    const { code, stderr } = await run(site, 'exec', '--yes', path)
    expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringMatching(/bad\.yaml:4:5[\s\S]*write-file/) })
  })

  test('lets no second change on a host that one is on', async () => {
    await using site = await Site.make()
    const slow = await startOpsctl([
      '--state-dir',
      site.at('state'),
      'exec',
      '--yes',
      '-o',
      'ndjson',
      await site.change({ last: `  - run: sleep 30\n    rollback: "true"` }),
    ])
    await slow.until(/"path":"1\/localhost\/marker"/)
    const { code, stderr } = await run(site, 'exec', '--yes', await site.change())
    expect({ code, stderr }).toEqual({ code: 75, stderr: expect.stringContaining('lock') })
    slow.kill('SIGTERM')
    expect((await slow.ended).code).toBe(143)
  })

  test('takes everything back when it is interrupted', async () => {
    await using site = await Site.make()
    const before = await site.fingerprint()
    const slow = await startOpsctl([
      '--state-dir',
      site.at('state'),
      'exec',
      '--yes',
      '-o',
      'ndjson',
      await site.change({ last: `  - run: sleep 30\n    rollback: "true"` }),
    ])
    await slow.until(/"path":"1\/localhost\/marker"/)
    slow.kill('SIGINT')
    expect((await slow.ended).code).toBe(130)
    expect(await site.fingerprint()).toEqual(before)
  })
})

test('everything that changes hosts tells of a change that stands half-way, what only looks does not', async () => {
  await using site = await Site.make()
  const state = ['--state-dir', site.at('state')]
  const last = `  - run: sleep 3\n    rollback: "true"`
  const killed = await startOpsctl([...state, 'exec', '--yes', '-o', 'ndjson', await site.change({ last })])
  await killed.until(/"path":"1\/localhost\/marker"/)
  killed.kill('SIGKILL')
  await killed.ended
  const warning = /the change 'raise the limits' stands half-way on localhost: opsctl undo (\S+)/
  const exec = await run(site, 'exec', '-t', 'localhost', '--', 'true')
  expect({ code: exec.code, stderr: exec.stderr }).toEqual({ code: 0, stderr: expect.stringMatching(warning) })
  const push = await run(site, 'cp', '-t', 'localhost', site.at('etc/motd'), `:${site.at('pushed')}`)
  expect({ code: push.code, stderr: push.stderr }).toEqual({ code: 0, stderr: expect.stringMatching(warning) })
  const fetched = await run(site, 'cp', '-t', 'localhost', `:${site.at('etc/motd')}`, `${site.at('fetched')}/`)
  expect({ code: fetched.code, stderr: fetched.stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(warning) })
  const runId = warning.exec(exec.stderr)?.[1] ?? ''
  const undone = await run(site, 'undo', runId)
  expect({ code: undone.code, stderr: undone.stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(warning) })
  expect((await run(site, 'exec', '-t', 'localhost', '--', 'true')).stderr).not.toMatch(warning)
}, 60_000)

describe.skipIf(!needs('sshd', 'root'))('a change that was killed', () => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await startFleet({ hosts: 1, users: [{ sudo: 'nopasswd' }] })
  }, 60_000)
  afterAll(() => fleet.stop())

  const steps = ['config', 'motd', 'old', 'marker']
  test.each(steps)(
    'after step %s is told by the next one, and brought back by opsctl undo alone',
    async step => {
      await using site = await Site.make()
      const before = await site.fingerprint()
      const ssh = ['--ssh-config', fleet.sshConfigFile, '--sudo', '-u', fleet.users[0]?.name ?? '']
      const target = fleet.addresses[0] ?? ''
      const change = await site.change({ targets: target, last: `  - id: slow\n    run: sleep 1\n    rollback: "true"` })
      const killed = await startOpsctl(['--state-dir', site.at('state'), 'exec', '--yes', '-o', 'ndjson', ...ssh, change])
      await killed.until(new RegExp(`"path":"1/${target}/${step}"`))
      killed.child.kill('SIGKILL')
      await killed.ended

      await writeFile(change, 'name: something else altogether\n')
      const { stdout } = await run(site, 'runs', 'list', '-o', 'json')
      const { runId, change: state } = JSON.parse(stdout).runs[0] ?? {}
      expect(state).toBe('unfinished')
      const undone = await run(site, 'undo', runId, ...ssh)
      expect(undone.code).toBe(0)
      expect(await site.fingerprint()).toEqual(before)
      const again = await run(site, 'undo', runId, ...ssh)
      expect(again.code).toBe(0)
    },
    60_000,
  )

  test('is brought to its end by --resume', async () => {
    await using site = await Site.make()
    const ssh = ['--ssh-config', fleet.sshConfigFile, '--sudo', '-u', fleet.users[0]?.name ?? '']
    const target = fleet.addresses[0] ?? ''
    const change = await site.change({ targets: target, last: `  - id: slow\n    run: sleep 1\n    rollback: "true"` })
    const killed = await startOpsctl(['--state-dir', site.at('state'), 'exec', '--yes', '-o', 'ndjson', ...ssh, change])
    await killed.until(new RegExp(`"path":"1/${target}/old"`))
    killed.child.kill('SIGKILL')
    await killed.ended
    const { runId } = JSON.parse((await run(site, 'runs', 'list', '-o', 'json')).stdout).runs[0]
    expect((await run(site, 'exec', '--resume', runId, ...ssh)).code).toBe(0)
    expect(await readFile(site.at('etc/motd'), 'utf8')).toBe('welcome\nmaintenance tonight\n')
    expect((await readdir(site.at('etc'))).sort()).toEqual(['marker', 'motd', 'nginx.conf'])
    expect(await site.log()).toContain('worker_connections 1024;')
    expect((await run(site, 'runs', 'show', runId)).stdout).toContain('change: kept')
  }, 60_000)
})
