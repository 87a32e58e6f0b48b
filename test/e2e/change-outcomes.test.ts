import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Machine, type Machines, startMachines } from '../helpers/machines.ts'
import { needs } from '../helpers/needs.ts'
import { type OpsctlEnd, type OpsctlRun, opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { tinyDisk } from '../helpers/tiny-disk.ts'
import { resetShop, shopSetUp, shopState } from './shop.ts'

const minutes = 60_000

/** What every change of the tests does first. */
const steps = `  - id: config
    write-file: { path: /etc/shop/shop.conf, content: "workers 16\\n" }
  - id: register
    run: echo registered >/etc/shop/registered
    rollback: rm -f /etc/shop/registered`

/** A step that fails where there is a file /run/fail. */
const mayFail = `  - id: last
    run: test ! -e /run/fail
    rollback: "true"`

const reload = `handlers:
  - id: reload
    on: [config]
    service: { name: shop, state: reloaded }`

interface Told {
  readonly code: number | null
  /** Outcome or verdict by path, the hosts as h1, h2, h3. */
  readonly items: Readonly<Record<string, string>>
  /** Messages by path. */
  readonly messages: Readonly<Record<string, string>>
  readonly stderr: string
}

describe.skipIf(!needs('root', 'mount', 'netns', 'sshd'))('a change that meets trouble', () => {
  let machines: Machines
  let start: string[]
  let directory: string
  let sshConfig: string
  const host = (number: number): Machine => {
    const machine = machines.all[number - 1]
    if (!machine) throw new Error(`there is no h${number}`)
    return machine
  }
  const states = () => Promise.all(machines.all.map(shopState))

  beforeAll(async () => {
    machines = await startMachines({ count: 3, setUp: shopSetUp })
    start = await states()
  }, 2 * minutes)
  afterAll(() => machines?.[Symbol.asyncDispose]())
  beforeEach(async () => {
    directory = await mkdtemp('/dev/shm/opsctl-outcome-')
    sshConfig = join(directory, 'ssh_config')
    const impatient = 'ServerAliveInterval 1\nServerAliveCountMax 2\n'
    await writeFile(sshConfig, impatient + (await readFile(machines.sshConfigFile, 'utf8')))
  })
  afterEach(async () => {
    await Promise.all(machines.all.map(resetShop))
    await rm(directory, { recursive: true, force: true })
  })

  const where = (state = join(directory, 'state')) => [
    '--state-dir',
    state,
    '--ssh-config',
    sshConfig,
    '--connect-timeout',
    '3s',
    '--retries',
    '0',
  ]

  async function change(text: string): Promise<string> {
    const path = join(directory, 'change.yaml')
    await writeFile(
      path,
      `name: raise the limits\ntargets: [${machines.all.map(({ address }) => address).join(', ')}]\n${text}\n`,
    )
    return path
  }

  const named = (text: string): string =>
    machines.all.reduce((all, { address }, index) => all.replaceAll(address, `h${index + 1}`), text)

  function told({ code, stdout, stderr }: OpsctlEnd): Told {
    const report = stdout === '' ? { items: [] } : JSON.parse(named(stdout))
    const items: Record<string, string> = {}
    const messages: Record<string, string> = {}
    for (const { path, outcome, verdict, message } of report.items) {
      items[path] = outcome ?? verdict
      if (message !== undefined) messages[path] = message
    }
    return { code, items, messages, stderr: named(stderr) }
  }

  const deadline = { deadlineMs: 2 * minutes }
  const exec = async (text: string, ...args: readonly string[]): Promise<Told> =>
    told(await opsctl(['exec', '--yes', '-o', 'json', ...where(), ...args, await change(text)], deadline))
  const begin = async (text: string, ...args: readonly string[]): Promise<OpsctlRun> =>
    startOpsctl(['exec', '--yes', '-o', 'json', ...where(), ...args, await change(text)], deadline)
  const undo = async (...args: readonly string[]): Promise<Told> =>
    told(await opsctl(['undo', '-o', 'json', ...where(), ...args, await runId()], deadline))
  const runId = async (state = join(directory, 'state')): Promise<string> =>
    (await readdir(join(state, 'runs'))).sort()[0] ?? 'none'

  /** Until a step or a rollback on a host has made this file. */
  const made = (machine: Machine, path: string) =>
    poll(`${path} is made`, 30_000, async () => (await machine.sh(`ls ${path} 2>/dev/null || :`)) !== '')

  /** A step that is begun, says so, and goes on when it may. */
  const waits = (on: string) => `  - id: slow
    run: if [ "$(hostname)" = ${on} ]; then touch /run/in-step; until [ -e /run/go ]; do sleep 0.05; done; fi
    rollback: "true"`
  /** A rollback that does. */
  const waitsInUndo = (on: string) => `  - id: slow
    run: "true"
    rollback: if [ "$(hostname)" = ${on} ]; then touch /run/in-undo; until [ -e /run/go ]; do sleep 0.05; done; fi`

  const undone = (wave: number, number: number, ...ids: readonly string[]): Record<string, string> =>
    Object.fromEntries(ids.map(id => [`${wave}/h${number}/${id}`, 'undone']))

  describe('in its checks', () => {
    test(
      'takes wave 1 back as well when the gate of wave 2 fails, and leaves wave 3 alone',
      async () => {
        await host(2).sh('touch /run/fail')
        const { code, items, messages } = await exec(`waves: [1, 1]
steps:
${steps}
gates:
  - file: { path: /run/fail, exists: false }
  - file: { path: /etc/shop/shop.conf }
${reload}`)
        expect({ code, items }).toEqual({
          code: 5,
          items: {
            ...undone(1, 1, 'config', 'register', 'reload'),
            ...undone(2, 2, 'config', 'register', 'reload'),
            '1/h1/gate-1': 'pass',
            '1/h1/gate-2': 'pass',
            '2/h2/gate-1': 'fail',
            '2/h2/gate-2': 'pass',
            '3/h3': 'skipped',
          },
        })
        expect(messages['3/h3']).toContain('not touched')
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )

    test(
      'takes a gate without an answer for one that failed',
      async () => {
        const { code, items } = await exec(`waves: [1]\nsteps:\n${steps}\ngates:\n  - command: { run: no-such-program }`)
        expect({ code, gate: items['1/h1/gate'], ...items }).toMatchObject({
          code: 5,
          gate: 'unknown',
          ...undone(1, 1, 'config', 'register'),
        })
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )

    test(
      'takes back the host whose gate failed where the rollback is of hosts, and says that the other one stands',
      async () => {
        await host(2).sh('touch /run/fail')
        const { code, items } = await exec(`waves: [2]
rollback: host
steps:
${steps}
gates:
  - file: { path: /run/fail, exists: false }`)
        expect({ code, items }).toMatchObject({
          code: 1,
          items: { '1/h1/config': 'changed', '2/h3': 'skipped', '1/h2/gate': 'fail', ...undone(1, 2, 'config', 'register') },
        })
        expect((await states()).map((state, index) => state === start[index])).toEqual([false, true, true])
        expect((await undo()).code).toBe(0)
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )

    const scopes = [
      { rollback: 'host', maxFail: 0, code: 1, whole: [false, true, true] },
      { rollback: 'wave', maxFail: 0, code: 1, whole: [false, true, true] },
      { rollback: 'run', maxFail: 0, code: 5, whole: [true, true, true] },
      { rollback: 'host', maxFail: 1, code: 1, whole: [false, true, false] },
      { rollback: 'run', maxFail: 1, code: 1, whole: [false, true, false] },
    ]
    test.each(scopes)(
      'takes back a $rollback when a verify fails on one host and $maxFail may fail',
      async ({ rollback, maxFail, code, whole }) => {
        await host(2).sh('touch /run/fail')
        const verified = `${steps}\n    verify:\n      - file: { path: /run/fail, exists: false }`
        const found = await exec(`waves: [1, 1]\nrollback: ${rollback}\nmax-fail: ${maxFail}\nsteps:\n${verified}`)
        expect(found).toMatchObject({
          code,
          items: { '2/h2/config': 'undone', '2/h2/register': 'failed', '2/h2/register/undo': 'undone' },
          messages: { '2/h2/register': expect.stringContaining('/run/fail') },
        })
        expect((await states()).map((state, index) => state === start[index])).toEqual(whole)
        const [h1, h3] = [found.items['1/h1/config'], found.items['3/h3'] ?? found.items['3/h3/config']]
        expect([h1, h3]).toEqual([whole[0] ? 'undone' : 'changed', maxFail === 0 ? 'skipped' : 'changed'])
        await undo()
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )

    test(
      'touches nothing when a precheck fails, and says that there is nothing to take back',
      async () => {
        await host(3).sh('touch /run/fail')
        const path = await change(`precheck:\n  - file: { path: /run/fail, exists: false }\nsteps:\n${steps}`)
        const { code, stdout } = await opsctl(['exec', '--yes', '-o', 'json', ...where(), path], deadline)
        const { items } = JSON.parse(named(stdout))
        expect(code).toBe(1)
        expect(items).toContainEqual(
          expect.objectContaining({ path: '0/h3/precheck', outcome: 'failed', rollbackable: false, severity: 'critical' }),
        )
        expect(items.filter(({ outcome }: { outcome: string }) => outcome === 'skipped')).toHaveLength(2)
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )

    test(
      'starts a daemon that its new configuration killed once the old one is back',
      async () => {
        await host(1).sh(
          'echo "grep -q name /etc/shop/shop.conf || exit 1" >/run/strict; sed -i "1r /run/strict" /etc/shop/daemon',
        )
        const before = await states()
        const { code, items } = await exec(`timeout: 30s
steps:
${steps}
  - id: restart
    service: { name: shop, state: restarted }`)
        expect({ code, items }).toMatchObject({ code: 5, items: { '1/h1/restart': 'failed', '1/h1/restart/undo': 'undone' } })
        expect(await states()).toEqual(before)
      },
      3 * minutes,
    )
  })

  describe('and is interrupted', () => {
    test(
      'in a step takes everything back, and names the hosts that it never came to',
      async () => {
        const run = await begin(`steps:\n${steps}\n${waits('shop0')}`, '--concurrency', '1')
        await made(host(1), '/run/in-step')
        run.kill('SIGINT')
        const { code, items, messages } = told(await run.ended)
        expect({ code, items }).toEqual({
          code: 130,
          items: {
            ...undone(1, 1, 'config', 'register', 'slow/undo'),
            '1/h1/slow': 'failed',
            '1/h2': 'skipped',
            '1/h3': 'skipped',
          },
        })
        expect(messages['1/h2']).toContain('not touched')
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )

    test(
      'between waves takes the waves before back',
      async () => {
        await using reports = await tempDir()
        const file = join(reports.path, 'report.json')
        const text = `waves: [1]\npause: 5m\nsteps:\n${steps}`
        const both = ['exec', '--yes', '-o', 'ndjson', '-o', `json=${file}`]
        const run = await startOpsctl([...both, ...where(), await change(text)], deadline)
        await run.until(/"path":"1\/[^"]*\/register"/)
        run.kill('SIGTERM')
        const end = await run.ended
        const { code, items } = told({ ...end, stdout: await readFile(file, 'utf8') })
        expect({ code, items }).toMatchObject({
          code: 143,
          items: { '1/h1/config': 'undone', '2/h2': 'skipped', '2/h3': 'skipped' },
        })
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )

    test(
      'in its rollback goes on with it',
      async () => {
        await host(2).sh('touch /run/fail')
        const run = await begin(`steps:\n${steps}\n${waitsInUndo('shop0')}\n${mayFail}`)
        await made(host(1), '/run/in-undo')
        run.kill('SIGINT')
        await run.until(/once more stops hard/)
        await host(1).sh('touch /run/go')
        const { code, items } = told(await run.ended)
        expect({ code, items }).toMatchObject({ code: 130, items: { ...undone(1, 1, 'config', 'register', 'slow') } })
        expect(Object.values(items)).not.toContain('stuck')
        expect(await states()).toEqual(start)
        expect((await undo()).code).toBe(0)
      },
      3 * minutes,
    )

    test(
      'twice in its rollback stops hard; the next start tells, and opsctl undo finishes it once',
      async () => {
        await host(2).sh('touch /run/fail')
        const run = await begin(`steps:\n${steps}\n${waitsInUndo('shop0')}\n${mayFail}`)
        await made(host(1), '/run/in-undo')
        run.kill('SIGINT')
        await run.until(/once more stops hard/)
        run.kill('SIGINT')
        expect((await run.ended).code).toBe(130)
        await host(1).sh('touch /run/go')
        const next = await opsctl(['exec', '--dry-run', ...where(), await change(`steps:\n${steps}`)], deadline)
        expect(next.stderr).toContain(`opsctl undo ${await runId()}`)
        expect((await undo()).code).toBe(0)
        expect(await states()).toEqual(start)
        expect(await undo()).toMatchObject({ code: 0, items: {} })
      },
      3 * minutes,
    )

    test(
      'by its deadline has failed, with everything taken back',
      async () => {
        const { code, items, stderr } = await exec(`steps:\n${steps}\n${waits('shop0')}`, '--deadline', '4s')
        expect({ code, slow: items['1/h1/slow'], config: items['1/h1/config'], stderr }).toMatchObject({
          code: 5,
          slow: 'failed',
          config: 'undone',
        })
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )
  })

  describe('and loses a host', () => {
    /** All of sshd and of what it runs there. */
    const inStep = `steps:\n${steps}\n${waits('shop0')}`

    test(
      'whose session was cut in a step takes everything back over a new one',
      async () => {
        const run = await begin(inStep)
        await made(host(1), '/run/in-step')
        await host(1).stopSshd()
        await host(1).startSshd()
        const { code, items } = told(await run.ended)
        expect({ code, items }).toMatchObject({
          code: 5,
          items: { '1/h1/slow': 'failed', ...undone(1, 1, 'config', 'register') },
        })
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )

    test(
      'whose network was cut in a step hears of it by keepalives, and takes everything back when it is mended',
      async () => {
        const run = await begin(`undo-timeout: 60s\n${inStep}`)
        await made(host(1), '/run/in-step')
        await host(1).cut()
        await poll('the others are undone', minutes, async () => (await shopState(host(2))) === start[1])
        await host(1).mend()
        await host(1).sh('touch /run/go')
        const { code, items } = told(await run.ended)
        expect({ code, items }).toMatchObject({
          code: 5,
          items: { '1/h1/slow': 'failed', ...undone(1, 1, 'config', 'register') },
        })
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )

    test(
      'that boots during the undo is waited for',
      async () => {
        await host(2).sh('touch /run/fail')
        const run = await begin(`undo-timeout: 60s\nsteps:\n${steps}\n${waitsInUndo('shop0')}\n${mayFail}`)
        await made(host(1), '/run/in-undo')
        await host(1).sh('touch /run/go')
        await host(1).stopSshd()
        await poll('the others are undone', minutes, async () => (await shopState(host(2))) === start[1])
        await host(1).startSshd()
        const { code, items } = told(await run.ended)
        expect({ code, items }).toMatchObject({ code: 5, items: { ...undone(1, 1, 'config', 'register', 'slow') } })
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )

    test(
      'that stays away says so with exit code 6, undoes the others, and brings it back when it is there again',
      async () => {
        const run = await begin(`undo-timeout: 2s\n${inStep}`)
        await made(host(1), '/run/in-step')
        await host(1).stopSshd()
        const { code, items, messages } = told(await run.ended)
        expect({ code, items }).toMatchObject({
          code: 6,
          items: {
            '1/h1/config': 'stuck',
            '1/h1/register': 'stuck',
            '1/h1/slow/undo': 'stuck',
            ...undone(1, 2, 'config', 'register', 'slow'),
            ...undone(1, 3, 'config', 'register', 'slow'),
          },
        })
        expect(messages['1/h1/config']).toMatch(/connect|refused|unreachable/i)
        expect((await states()).map((state, index) => state === start[index])).toEqual([false, true, true])
        const shown = await opsctl(['runs', 'show', ...where().slice(0, 2), await runId()], deadline)
        expect(shown.stdout).toContain('stuck')
        await host(1).startSshd()
        expect(await undo()).toMatchObject({ code: 0, items: { 'undo/h1/config': 'undone', 'undo/h1/register': 'undone' } })
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )
  })

  describe('and a full disk', () => {
    test(
      'of a host leaves nothing half-written there, and is undone',
      async () => {
        await host(2).sh('mkdir -p /run/small; mount -t tmpfs -o size=16k small /run/small; echo old >/run/small/data')
        const { code, items, messages } = await exec(
          `steps:
${steps}
  - id: data
    write-file: { path: /run/small/data, content: "${'x'.repeat(40_000)}", parents: true }`,
          '-t',
          host(2).address,
        )
        expect({ code, items }).toMatchObject({
          code: 5,
          items: { '1/h2/data': 'failed', '1/h2/data/undo': 'undone', ...undone(1, 2, 'config', 'register') },
        })
        expect(messages['1/h2/data']).toMatch(/no space/i)
        expect(await host(2).sh('ls -A /run/small; cat /run/small/data; umount /run/small')).toBe('data\nold\n')
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )

    test(
      'of a host at undo time is told as stuck until there is room again',
      async () => {
        await host(2).sh(
          `mkdir -p /run/small; mount -t tmpfs -o size=48k small /run/small; head -c 12000 /dev/zero >/run/small/data`,
        )
        const fill = `  - id: fill
    run: "rm -f /run/fail; cat /dev/zero >/run/small/filling 2>/dev/null; touch /run/fail"
    rollback: "true"`
        const { code, items, messages } = await exec(
          `steps:
  - id: data
    write-file: { path: /run/small/data, content: "new\\n" }
${fill}
${mayFail}
${steps}`,
          '-t',
          host(2).address,
        )
        expect({ code, items }).toMatchObject({ code: 6, items: { '1/h2/data': 'stuck' } })
        expect(messages['1/h2/data']).toMatch(/no space/i)
        expect(await host(2).sh('cd /run/small; ls -A; cat data')).toBe('data\nfilling\nnew\n')
        await host(2).sh('rm /run/small/filling')
        expect(await undo()).toMatchObject({ code: 0, items: { 'undo/h2/data': 'undone' } })
        expect(await host(2).sh('cd /run/small; ls -A; wc -c <data; cd /; umount /run/small')).toBe('data\n12000\n')
      },
      3 * minutes,
    )

    test(
      'here before the start refuses before anything is touched',
      async () => {
        await using disk = await tinyDisk(512 * 1024)
        const state = join(disk.path, 'state')
        const { code, stderr } = await opsctl(
          ['exec', '--yes', '-o', 'json', ...where(state), await change(`steps:\n${steps}`)],
          deadline,
        )
        expect({ code, stderr }).toEqual({ code: expect.any(Number), stderr: expect.stringMatching(/E_STATE.*no space/i) })
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )

    test.each(['small', 'larger than the reserve'])(
      'here in the middle, with a %s pre-image to come, takes everything back',
      async size => {
        const bytes = size === 'small' ? 10 : 3_000_000
        await using disk = await tinyDisk(8 * 1024 * 1024)
        const state = join(disk.path, 'state')
        await host(1).sh(`head -c ${bytes} /dev/zero >/run/data`)
        const text = `steps:
${steps}
${waits('shop0')}
  - id: data
    write-file: { path: /run/data, content: "new\\n" }
${mayFail}`
        await host(1).sh('touch /run/fail')
        const run = await startOpsctl(
          ['exec', '--yes', '-o', 'json', ...where(state), '-t', host(1).address, await change(text)],
          deadline,
        )
        await made(host(1), '/run/in-step')
        await writeFile(join(disk.path, 'filling'), new Uint8Array(16 * 1024 * 1024)).catch(() => {})
        await host(1).sh('touch /run/go')
        const { code, items, stderr } = told(await run.ended)
        expect({ code, items, stderr }).toMatchObject({ code: 5, items: { ...undone(1, 1, 'config', 'register', 'slow') } })
        expect(await host(1).sh('wc -c </run/data')).toBe(`${bytes}\n`)
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )
  })

  describe('that was killed', () => {
    /** Killed in a step on h1. */
    async function killed(text = `steps:\n${steps}\n${waits('shop0')}`): Promise<void> {
      const run = await begin(text)
      await made(host(1), '/run/in-step')
      run.child.kill('SIGKILL')
      await run.ended
      await host(1).sh('touch /run/go')
    }

    test(
      'with a torn last record is undone from what is whole',
      async () => {
        await killed()
        const journal = join(directory, 'state/runs', await runId(), 'change')
        const segment = join(
          journal,
          (await readdir(journal))
            .filter(name => name.endsWith('.segment'))
            .sort()
            .at(-1) ?? '',
        )
        // One that was acknowledged is never torn: half of one more is, as a lost power leaves it.
        const bytes = await readFile(segment)
        const end = bytes.findLastIndex(byte => byte !== 0) + 1
        const half = bytes.subarray(end - 60, end - 20)
        await writeFile(segment, Buffer.concat([bytes.subarray(0, end), half, bytes.subarray(end + half.length)]))
        expect((await undo()).code).toBe(0)
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )

    test(
      'is undone although change file, inventory and hosts file are gone, and a second undo does nothing',
      async () => {
        await killed()
        await rm(join(directory, 'change.yaml'))
        expect((await undo()).code).toBe(0)
        expect(await states()).toEqual(start)
        expect(await undo()).toMatchObject({ code: 0, items: {} })
      },
      3 * minutes,
    )

    test(
      'can not be undone or resumed while it still runs',
      async () => {
        const run = await begin(`steps:\n${steps}\n${waits('shop0')}`)
        await made(host(1), '/run/in-step')
        const { code, stderr } = await undo()
        expect({ code, stderr }).toEqual({ code: 75, stderr: expect.stringContaining('E_LOCKED') })
        const other = await exec(`steps:\n${steps}`)
        expect(other.code).toBe(75)
        await host(1).sh('touch /run/go')
        expect((await run.ended).code).toBe(0)
        expect((await undo()).code).toBe(0)
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )
  })

  describe('with a snapshot', () => {
    const watched = `steps:
  - id: before
    snapshot: { files: [/etc/motd], services: [shop] }
${steps}
${waits('shop0')}
${mayFail}`

    test(
      'says after the undo that everything is as before',
      async () => {
        await host(1).sh('touch /run/fail /run/go')
        const { code, items, messages } = await exec(watched)
        expect({ code, before: items['1/h1/before'], message: messages['1/h1/before'] }).toEqual({
          code: 5,
          before: 'ok',
          message: 'as before',
        })
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )

    test(
      'says what is not as before, because somebody else changed it meanwhile',
      async () => {
        await host(1).sh('touch /run/fail; cp -a /etc/motd /run/motd')
        const run = await begin(watched)
        await made(host(1), '/run/in-step')
        await host(1).sh('echo "somebody was here" >>/etc/motd; touch /run/go')
        const { code, items, messages } = told(await run.ended)
        expect({ code, before: items['1/h1/before'], config: items['1/h1/config'] }).toEqual({
          code: 6,
          before: 'stuck',
          config: 'undone',
        })
        expect(messages['1/h1/before']).toContain('/etc/motd is')
        await host(1).sh('cp -a /run/motd /etc/motd')
        expect(await states()).toEqual(start)
      },
      3 * minutes,
    )
  })
})
