import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Machine, type Machines, startMachines } from '../helpers/machines.ts'
import { needs } from '../helpers/needs.ts'
import { type OpsctlEnd, type OpsctlRun, opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { shopSetUp, shopState } from './shop.ts'

const patience = 120_000

/** A change with a hold; `last` is what it ends with, and where it can be met. */
interface HeldChange {
  readonly hold?: string
  readonly confirm?: string
  readonly last?: string
  /** Takes `last` back. */
  readonly back?: string
  readonly more?: string
}

const changeOf = (
  target: string,
  { hold = '15s', confirm = '', last = '', back = 'true', more = '' }: HeldChange,
): string => `name: raise the limits
targets: ${target}
hold: ${hold}
undo-timeout: 1s
${more}
${confirm && `confirm:\n  - command: { run: ${JSON.stringify(confirm)} }`}
steps:
  - id: config
    write-file: { path: /etc/shop/shop.conf, content: "workers 16\\n", mode: "0600", owner: root }
  - id: backlog
    sysctl: { key: net.core.somaxconn, value: 8192, persist: true }
${last && `  - id: last\n    run: ${JSON.stringify(last)}\n    rollback: ${JSON.stringify(back)}`}
handlers:
  - id: reload
    on: [config]
    service: { name: shop, state: reloaded }
`

describe.skipIf(!needs('root', 'mount', 'netns', 'sshd'))('a change with a hold', () => {
  let machines: Machines
  let machine: Machine
  let start: string
  let scratch: TempDir
  let count = 0

  beforeAll(async () => {
    machines = await startMachines({ count: 1, setUp: shopSetUp })
    machine = machines.all[0] as Machine
    start = await shopState(machine)
    scratch = await tempDir()
  }, patience)
  afterAll(async () => {
    await machines?.[Symbol.asyncDispose]()
    await scratch?.[Symbol.asyncDispose]()
  })

  /** The state directory and the change of one test. */
  async function site(change: HeldChange) {
    const directory = join(scratch.path, String(++count))
    const file = `${directory}.yaml`
    await writeFile(file, changeOf(machine.address, change))
    const state = ['--state-dir', directory]
    const args = [...state, '--ssh-config', machines.sshConfigFile]
    const runId = async (): Promise<string> =>
      JSON.parse((await opsctl(['runs', 'list', '-o', 'json', ...state])).stdout).runs[0]?.runId
    return {
      apply: (): Promise<OpsctlEnd> => opsctl(['exec', '--yes', '-o', 'json', ...args, file], { deadlineMs: patience }),
      start: (): Promise<OpsctlRun> => startOpsctl(['exec', '--yes', '-o', 'ndjson', ...args, file], { deadlineMs: patience }),
      undo: async (): Promise<OpsctlEnd> => opsctl(['undo', '-o', 'json', ...args, await runId()], { deadlineMs: patience }),
      resume: async (): Promise<OpsctlEnd> =>
        opsctl(['exec', '--resume', await runId(), '--yes', '-o', 'json', ...args], { deadlineMs: patience }),
    }
  }

  const leases = (): Promise<string> => machine.sh('ls /run/opsctl 2>/dev/null || :')
  const isAsBefore = async (): Promise<boolean> => (await shopState(machine)) === start
  const outcomes = ({ stdout }: OpsctlEnd): unknown =>
    Object.fromEntries(
      JSON.parse(stdout).items.map((item: { path: string; outcome: string }) => [
        item.path.split('/').slice(2).join('/'),
        item.outcome,
      ]),
    )

  test(
    'is kept when a new login and the checks succeed, and the host forgets its lease',
    async () => {
      const { apply, undo } = await site({ confirm: 'grep -q 16 /run/shop.loaded' })
      const done = await apply()
      expect({ code: done.code, items: outcomes(done) }).toEqual({
        code: 0,
        items: { config: 'changed', backlog: 'changed', reload: 'changed' },
      })
      expect(await leases()).toBe('')
      expect(await machine.sh('cat /run/shop.loaded')).toBe('workers 16\n')
      expect((await undo()).code).toBe(0)
      expect(await shopState(machine)).toBe(start)
    },
    patience,
  )

  test(
    'is taken back when a check over the new login fails',
    async () => {
      const { apply } = await site({ confirm: 'exit 3' })
      const failed = await apply()
      expect({ code: failed.code, items: outcomes(failed) }).toEqual({
        code: 5,
        items: { config: 'undone', backlog: 'undone', reload: 'undone', confirm: 'failed' },
      })
      expect(await shopState(machine)).toBe(start)
      expect(await leases()).toBe('')
    },
    patience,
  )

  test(
    'is taken back when nobody can log in any more, over the connection that is there',
    async () => {
      const { apply } = await site({ last: 'kill $(cat /run/sshd.pid)' })
      const failed = await apply()
      await machine.startSshd()
      expect({ code: failed.code, items: outcomes(failed) }).toMatchObject({
        code: 5,
        items: { confirm: 'failed', config: 'undone' },
      })
      expect(await shopState(machine)).toBe(start)
    },
    patience,
  )

  test(
    'is taken back by the host itself when opsctl is killed; the undo finds nothing left to do',
    async () => {
      const { start: begin, undo } = await site({ hold: '5s', last: 'sleep 30' })
      const killed = await begin()
      await killed.until(/\/backlog"/)
      killed.child.kill('SIGKILL')
      await killed.ended
      expect(await isAsBefore()).toBe(false)
      await poll('the host has taken itself back', 60_000, isAsBefore)
      expect((await undo()).code).toBe(0)
      expect(await shopState(machine)).toBe(start)
      expect(await leases()).toBe('')
    },
    patience,
  )

  test(
    'is taken back by the host itself when opsctl is killed while it takes it back',
    async () => {
      const back = 'touch /run/in-undo; sleep 3'
      const { start: begin, undo } = await site({ hold: '5s', confirm: 'exit 3', last: 'true', back })
      const killed = await begin()
      await poll('the way back has begun', 60_000, () => existsSync(machine.at('/run/in-undo')))
      killed.child.kill('SIGKILL')
      await killed.ended
      expect(await isAsBefore()).toBe(false)
      await poll('the host has taken itself back', 60_000, isAsBefore)
      expect((await undo()).code).toBe(0)
      expect(await shopState(machine)).toBe(start)
    },
    patience,
  )

  test(
    'is done again by --resume when the host has taken it back meanwhile',
    async () => {
      const { start: begin, resume, undo } = await site({ hold: '5s', last: 'test -e /run/go-on || sleep 30' })
      const killed = await begin()
      await killed.until(/\/backlog"/)
      killed.child.kill('SIGKILL')
      await killed.ended
      await poll('the host has taken itself back', 60_000, isAsBefore)
      await machine.sh('touch /run/go-on')
      expect((await resume()).code).toBe(0)
      expect(await machine.sh('cat /run/shop.loaded')).toBe('workers 16\n')
      await machine.sh('rm /run/go-on')
      await undo()
      expect(await shopState(machine)).toBe(start)
    },
    patience,
  )

  test(
    'is not done again by an opsctl that was stopped past its time and goes on',
    async () => {
      const { start: begin } = await site({ hold: '5s', last: 'sleep 3' })
      const stopped = await begin()
      await stopped.until(/\/backlog"/)
      stopped.child.kill('SIGSTOP')
      await poll('the host has taken itself back', 60_000, isAsBefore)
      stopped.child.kill('SIGCONT')
      const { code, stdout } = await stopped.ended
      expect({ code, stdout }).toEqual({ code: 5, stdout: expect.stringContaining('has taken the change back by itself') })
      expect(await shopState(machine)).toBe(start)
    },
    patience,
  )

  test(
    'is taken back by the host when the network is cut, and opsctl says that it can not know',
    async () => {
      const { start: begin, undo } = await site({ hold: '5s', last: 'sleep 1', more: 'timeout: 4s' })
      const cut = await begin()
      await cut.until(/\/backlog"/)
      await machine.cut()
      try {
        await poll('the host has taken itself back', 60_000, isAsBefore)
        const { code, stdout } = await cut.ended
        expect({ code, stdout }).toEqual({ code: 6, stdout: expect.stringContaining('"outcome":"stuck"') })
      } finally {
        await machine.mend()
      }
      expect((await undo()).code).toBe(0)
      expect(await shopState(machine)).toBe(start)
    },
    patience,
  )

  test(
    'outlives its time while opsctl is at work',
    async () => {
      const { apply, undo } = await site({ hold: '5s', last: 'sleep 8' })
      expect((await apply()).code).toBe(0)
      await undo()
      expect(await shopState(machine)).toBe(start)
    },
    patience,
  )

  test(
    'is refused for a step that a host can not take back alone',
    async () => {
      const directory = join(scratch.path, 'refused')
      await writeFile(
        `${directory}.yaml`,
        `name: x\ntargets: ${machine.address}\nhold: 5s\nsteps:\n  - id: once\n    run: touch /etc/shop/once\n`,
      )
      const { code, stderr } = await opsctl([
        'exec',
        '--yes',
        '--state-dir',
        directory,
        '--ssh-config',
        machines.sshConfigFile,
        `${directory}.yaml`,
      ])
      expect({ code, stderr }).toEqual({
        code: 78,
        stderr: expect.stringContaining('once: a host can not take this command step back by itself'),
      })
      expect(await shopState(machine)).toBe(start)
    },
    patience,
  )
})
