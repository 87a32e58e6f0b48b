import { describe, expect, test } from 'bun:test'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Item } from '../../src/lib/core/item.ts'
import type { Report } from '../../src/lib/core/report.ts'
import { read } from '../drill/read.ts'
import { opsctl, opsctlProgram, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

/** A process of this machine that a drill makes stand still. */
class Service implements AsyncDisposable {
  readonly #directory: TempDir
  readonly #child: ChildProcess

  private constructor(directory: TempDir, child: ChildProcess) {
    this.#directory = directory
    this.#child = child
  }

  static async start(): Promise<Service> {
    const directory = await tempDir()
    const child = spawn('sleep', ['600'], { stdio: 'ignore' })
    await writeFile(join(directory.path, 'pid'), `${child.pid}\n`)
    return new Service(directory, child)
  }

  at(name: string): string {
    return join(this.#directory.path, name)
  }

  get state(): Promise<string> {
    return readFile(`/proc/${this.#child.pid}/stat`, 'utf8').then(stat => stat.split(' ')[2] ?? '')
  }

  /** A playbook that stops it; `more` are lines besides. */
  async playbook(duration: string, more = ''): Promise<string> {
    const text = `name: it stands still
targets: localhost
duration: ${duration}
hold: 60s
steps:
  - { type: process-pause, pidfile: ${this.at('pid')} }
${more}`
    await writeFile(this.at('pause.yaml'), text)
    return this.at('pause.yaml')
  }

  get where(): string[] {
    return ['--state-dir', this.at('state')]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#directory[Symbol.asyncDispose]()
  }
}

const isStopped = (service: Service) => poll('it is stopped', 30_000, async () => (await service.state) === 'T')
const run = (service: Service, playbook: string) =>
  startOpsctl(['drill', 'run', '--yes', '-o', 'json', ...service.where, playbook], { deadlineMs: 60_000 })

describe('a drill', () => {
  test('passes, tells its verdict, and leaves nothing', async () => {
    await using service = await Service.start()
    const playbook = await service.playbook('1s', `steady: [{ process: { pidfile: ${service.at('pid')} } }]\n`)
    const { code, stdout } = await (await run(service, playbook)).ended
    const { kind, data, items } = JSON.parse(stdout)
    expect({ code, kind, verdict: data.verdict }).toEqual({ code: 0, kind: 'drill', verdict: 'passed' })
    expect(items.map(({ path, verdict }: { path: string; verdict: string }) => `${path} ${verdict}`)).toEqual([
      'fault/localhost/process-pause-1 pass',
      'steady/localhost/gate pass',
      'verdict/drill pass',
    ])
    expect(await service.state).not.toBe('T')
    const status = await opsctl(['drill', 'status', ...service.where])
    expect(status.stdout).toBe('drills may begin\nnone runs\nnothing is left broken\n')
  }, 60_000)

  test('tells a stream what it judged, also when it is not begun', async () => {
    await using service = await Service.start()
    const told = async (playbook: string): Promise<string[]> => {
      const { stdout } = await opsctl(['drill', 'run', '--yes', '-o', 'ndjson', ...service.where, playbook], {
        deadlineMs: 60_000,
      })
      const lines = stdout.trim().split('\n')
      return lines.map(line => JSON.parse(line) as Item).map(({ path, outcome, verdict }) => `${path} ${outcome ?? verdict}`)
    }
    const steady = `steady: [{ process: { pidfile: ${service.at('pid')} } }]\n`
    const probes = 'probes: { up: { command: "true" } }\nobjectives: [failures <= 0]\n'
    expect(await told(await service.playbook('1s', steady + probes))).toEqual([
      '1/localhost/process-pause-1 changed',
      '1/localhost/process-pause-1 undone',
      'objective/1 pass',
      'steady/localhost/gate pass',
      'verdict/drill pass',
      'undefined undefined',
    ])
    expect(await told(await service.playbook('1s', 'probes: { none: { tcp: "127.0.0.1:1" } }\n'))).toEqual([
      'gate/none unknown',
      'verdict/drill unknown',
      'undefined undefined',
    ])
  }, 90_000)

  test('fails when an objective does not hold, and when the system is not steady again', async () => {
    await using service = await Service.start()
    const alive = `probes: { alive: { command: "grep -q '^State:.[SR]' /proc/$(cat ${service.at('pid')})/status" } }\n`
    const objective = await service.playbook('2s', `${alive}objectives: [recovery_seconds <= 1]\n`)
    expect(await (await run(service, objective)).ended).toMatchObject({ code: 1 })
    const abort = await service.playbook('60s', `${alive}abort: failures > 3\n`)
    const aborted = await (await run(service, abort)).ended
    expect(JSON.parse(aborted.stdout).data.verdict).toBe('failed')
    expect(aborted.code).toBe(1)
    expect(await service.state).not.toBe('T')
  }, 90_000)

  test('fails when what a probe asks for does not come back in time', async () => {
    await using service = await Service.start()
    const bad = service.at('bad')
    const line = `test ! -e ${bad} && { grep -q 'State:.[SR]' /proc/$(cat ${service.at('pid')})/status || { touch ${bad}; false; }; }`
    const playbook = await service.playbook('1s', `settle: 2s\nprobes: { order: { command: ${JSON.stringify(line)} } }\n`)
    const { code, stdout } = await (await run(service, playbook)).ended
    const { items, data } = JSON.parse(stdout) as { items: Item[]; data: { verdict: string } }
    expect({ code, verdict: data.verdict }).toEqual({ code: 1, verdict: 'failed' })
    const told = {
      path: 'steady/probe/order',
      name: 'order',
      verdict: 'fail',
      message: 'it did not succeed again within 2s: status 1',
    }
    expect(items).toContainEqual(expect.objectContaining(told))
  }, 90_000)

  test.each([3_600_000, -3_600_000])(
    'is measured right when the clock on the wall is set by %d ms meanwhile',
    async jump => {
      await using service = await Service.start()
      const alive = `probes: { alive: { command: "grep -q '^State:.[SR]' /proc/$(cat ${service.at('pid')})/status" } }\n`
      const playbook = await service.playbook('2s', `${alive}objectives: [outage_seconds > 1, heal_seconds < 20]\n`)
      const mortal = join(import.meta.dirname, 'mortal-opsctl.ts')
      const { code, stdout } = await opsctl([mortal, 'drill', 'run', '--yes', '-o', 'json', ...service.where, playbook], {
        program: process.execPath,
        env: { OPSCTL_TEST_JUMP: String(jump) },
        deadlineMs: 60_000,
      })
      const report = JSON.parse(stdout) as Report
      expect({ code, verdict: report.data?.['verdict'] }).toEqual({ code: 0, verdict: 'passed' })
      const spans = [report, ...report.items, ...(report.timeline ?? [])]
      const began = Math.min(...spans.map(({ startedAt }) => Date.parse(startedAt)))
      const ended = Math.max(...spans.map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs))
      expect(ended - began).toBeLessThan(60_000)
      expect(Math.min(...spans.map(({ durationMs }) => durationMs))).toBeGreaterThanOrEqual(0)
    },
    90_000,
  )

  test('is not begun where the system is not steady, where a probe fails, and beyond the blast radius', async () => {
    await using service = await Service.start()
    const unsteady = await service.playbook('1s', 'steady: [{ port: { port: 1, timeout: 1s } }]\n')
    const first = await (await run(service, unsteady)).ended
    expect({ code: first.code, verdict: JSON.parse(first.stdout).data.verdict }).toEqual({ code: 3, verdict: 'invalid' })
    const unanswered = await service.playbook('1s', 'probes: { none: { tcp: "127.0.0.1:1" } }\n')
    expect(await (await run(service, unanswered)).ended).toMatchObject({ code: 3 })
    const beyond = await service.playbook('1s', 'forbid: { via: local }\n')
    await writeFile(service.at('hosts.yaml'), 'hosts: { shop: { via: local, labels: { via: local } } }\n')
    const text = (await readFile(beyond, 'utf8')).replace('localhost', 'shop')
    await writeFile(beyond, text)
    const refused = await opsctl(['drill', 'run', '--yes', '-i', service.at('hosts.yaml'), ...service.where, beyond])
    expect(refused).toMatchObject({ code: 78, stderr: expect.stringContaining('shop has the label via: local') })
  }, 90_000)

  test.each([
    ['an interrupt', 130],
    ['the lever', 3],
    ['its deadline', 124],
  ] as const)(
    'heals at once what it broke when it is ended by %s',
    async (how, code) => {
      await using service = await Service.start()
      const playbook = await service.playbook('120s')
      const deadline = how === 'its deadline' ? ['--deadline', '6s'] : []
      const drill = await startOpsctl(['drill', 'run', '--yes', '-o', 'json', ...deadline, ...service.where, playbook], {
        deadlineMs: 60_000,
      })
      await isStopped(service)
      if (how === 'an interrupt') drill.kill('SIGINT')
      if (how === 'the lever') {
        const halted = await opsctl(['drill', 'halt', '--reason', 'incident 4711', ...service.where])
        expect(halted.stdout).toContain('it stands still')
      }
      const end = await drill.ended
      expect({ code: end.code, verdict: JSON.parse(end.stdout).data.verdict }).toEqual({ code, verdict: 'inconclusive' })
      expect(await service.state).not.toBe('T')
      if (how !== 'the lever') return
      const refused = await opsctl(['drill', 'run', '--yes', ...service.where, playbook])
      expect(refused).toMatchObject({ code: 75, stderr: expect.stringContaining('incident 4711') })
      await opsctl(['drill', 'allow', ...service.where])
      expect((await opsctl(['drill', 'status', ...service.where])).stdout).toStartWith('drills may begin\n')
    },
    90_000,
  )

  test.each([
    ['the lever is set while its probes are asked', 'probes: { slow: { command: "ASK", timeout: 20s } }\n', 'lever', 3],
    ['the lever is set while it asks a host', 'steady: [{ command: { run: "ASK" } }]\n', 'lever', 3],
    ['it is interrupted while it asks a host', 'steady: [{ command: { run: "ASK" } }]\n', 'interrupt', 130],
  ] as const)(
    'breaks nothing when %s',
    async (_, more, how, code) => {
      await using service = await Service.start()
      const ask = `touch ${service.at('asked')}; sleep 4`
      const drill = await run(service, await service.playbook('60s', more.replace('ASK', ask)))
      await poll('it is asked', 30_000, () => Bun.file(service.at('asked')).exists())
      if (how === 'interrupt') drill.kill('SIGINT')
      else await opsctl(['drill', 'halt', ...service.where])
      const end = await drill.ended
      expect({ code: end.code, stderr: end.stderr }).toMatchObject({ code })
      if (code === 3) expect(JSON.parse(end.stdout).data.verdict).toBe('inconclusive')
      const { stdout } = await opsctl(['runs', 'list', '-o', 'json', ...service.where])
      expect(stdout).not.toContain('changed')
      expect(await service.state).not.toBe('T')
    },
    90_000,
  )

  test.each([
    ['the lever', 3],
    ['an interrupt', 130],
  ] as const)(
    'does not wait until all is steady again when it is ended by %s, and then knows nothing of it',
    async (how, code) => {
      await using service = await Service.start()
      const beat = service.at('beat')
      const steady = `steady: [{ command: { run: "test ! -e ${beat}" } }]\nsettle: 10m\n`
      const playbook = await service.playbook('1s', steady)
      const drill = await run(service, playbook)
      await isStopped(service)
      await writeFile(beat, '')
      await poll('it is healed', 30_000, async () => (await service.state) !== 'T')
      if (how === 'the lever') await opsctl(['drill', 'halt', ...service.where])
      else drill.kill('SIGINT')
      const end = await drill.ended
      expect({ code: end.code, verdict: JSON.parse(end.stdout).data.verdict }).toEqual({ code, verdict: 'inconclusive' })
    },
    90_000,
  )

  test('that was killed is told by status, healed by clean, and not resumed', async () => {
    await using service = await Service.start()
    const drill = await run(service, await service.playbook('120s'))
    await isStopped(service)
    drill.kill('SIGKILL')
    await drill.ended
    const { stdout } = await opsctl(['drill', 'status', '-o', 'json', ...service.where])
    const { residue } = JSON.parse(stdout)
    expect(residue).toMatchObject([{ name: 'it stands still', hosts: [{ host: 'localhost', steps: ['process-pause-1'] }] }])
    const resumed = await opsctl(['exec', '--yes', '--resume', residue[0].runId, ...service.where])
    expect(resumed).toMatchObject({ code: 2, stderr: expect.stringContaining('was a drill') })
    expect(await opsctl(['drill', 'clean', '--yes', ...service.where])).toMatchObject({ code: 0 })
    expect(await service.state).not.toBe('T')
    expect((await opsctl(['drill', 'status', ...service.where])).stdout).toContain('nothing is left broken')
  }, 90_000)
})

describe('docs/drill.md', () => {
  const doc = readFile(join(import.meta.dirname, '../../docs/drill.md'), 'utf8')

  test('has an example that runs as it stands', async () => {
    await using directory = await tempDir()
    await mkdir(join(directory.path, 'bin'))
    await symlink(opsctlProgram(), join(directory.path, 'bin/opsctl'))
    const [, script = ''] = /## In a minute[\s\S]*?```sh\n([\s\S]*?)```/.exec(await doc) ?? []
    const env = {
      PATH: `${join(directory.path, 'bin')}:${process.env['PATH']}`,
      HOME: directory.path,
      XDG_STATE_HOME: directory.path,
    }
    const child = Bun.spawn(['sh', '-e', '-c', script], { cwd: directory.path, env, stdout: 'pipe', stderr: 'pipe' })
    const [code, stdout, stderr] = await Promise.all([
      child.exited,
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ])
    expect({ code, stdout, stderr: code === 0 ? '' : stderr }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('✓ passed'),
      stderr: '',
    })
    expect(await readFile(join(directory.path, 'drill/drill.html'), 'utf8')).toContain('process-pause-1')
  }, 90_000)

  test('has playbooks that the reader understands', async () => {
    const blocks = [...(await doc).matchAll(/^```yaml drill\n([\s\S]*?)^```$/gm)]
    expect(blocks.length).toBeGreaterThan(0)
    for (const [, text = ''] of blocks) expect((await read(text)).faults).not.toEqual([])
  })
})
