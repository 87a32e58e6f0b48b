import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FaultCase, faultCases, faultSetUp } from '../drill/fault-cases.ts'
import { hasCgroups, makeOwnCgroups, type OwnCgroups } from '../drill/own-cgroups.ts'
import { counted } from '../helpers/counts.ts'
import { type Machine, type Machines, startMachines } from '../helpers/machines.ts'
import { needs } from '../helpers/needs.ts'
import { type OpsctlRun, opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { seeded } from '../journal/seeded.ts'

/** The shortest that a playbook may say. */
const holdMs = 5000
/** A lease that is over is noticed within a second, and what heals takes its time on a busy machine. */
const slackMs = 15_000

/** Where opsctl is killed: before and after the injection, in the middle, before and after the fault is healed. */
const moments = ['before-do#1', 'after-do#1', 'middle', 'before-undo#1', 'after-undo#1'] as const
type Moment = (typeof moments)[number]

const random = seeded(20_261_122)

describe.skipIf(!needs('root', 'mount', 'netns', 'sshd', 'nft') || !hasCgroups)('a host that a drill has broken', () => {
  let machines: Machines
  let machine: Machine
  let cgroups: OwnCgroups
  let directory: TempDir
  let runs = 0
  beforeAll(async () => {
    directory = await tempDir()
    cgroups = await makeOwnCgroups()
    machines = await startMachines({ count: 1, setUp: cgroups.setUp + faultSetUp('/run') })
    const [first] = machines.all
    if (!first) throw new Error('there is no machine')
    machine = first
  }, 120_000)
  afterAll(async () => {
    await machines?.[Symbol.asyncDispose]()
    await cgroups?.[Symbol.asyncDispose]()
    await directory?.[Symbol.asyncDispose]()
  })

  const stateDirectory = (): string => join(directory.path, `state-${runs}`)

  async function drill(at: FaultCase, { kill, duration = '4s' }: { kill?: Moment; duration?: string } = {}): Promise<OpsctlRun> {
    runs++
    const playbook = join(directory.path, `${runs}.yaml`)
    const { type, config } = at
    const step = { type, ...(config as object) }
    const text = {
      name: `${type} on ${machine.address}`,
      targets: machine.address,
      duration,
      hold: `${holdMs / 1000}s`,
      steps: [step],
    }
    await writeFile(playbook, JSON.stringify(text))
    const fatal = kill && kill !== 'middle' ? { OPSCTL_TEST_KILL: kill } : {}
    const where = ['--state-dir', stateDirectory(), '--ssh-config', machines.sshConfigFile]
    return startOpsctl([join(import.meta.dir, 'mortal-opsctl.ts'), 'drill', 'run', '--yes', '-o', 'json', ...where, playbook], {
      program: process.execPath,
      env: { OPSCTL_TEST_POINTS: points(), ...fatal },
      deadlineMs: 90_000,
    })
  }

  const points = (): string => join(directory.path, `points-${runs}`)
  const passed = async (point: string): Promise<boolean> => (await readFile(points(), 'utf8').catch(() => '')).includes(point)
  /** Everything that a fault touches. */
  const state = async (at: FaultCase): Promise<string> => await machine.sh(`${at.fingerprint}; :`)
  /** A guard that has healed its host leaves word of it, until opsctl asks. */
  const leases = (): Promise<string> => machine.sh('ls -A /run/opsctl 2>/dev/null; :')
  const healed = (at: FaultCase, start: string): Promise<unknown> =>
    poll('the host has healed itself', holdMs + slackMs, async () => (await state(at)) === start)

  const undo = async (): Promise<number | null> => {
    const [runId = 'none'] = await readdir(join(stateDirectory(), 'unfinished')).catch((): string[] => [])
    if (runId === 'none') return 0
    const run = await startOpsctl([
      'undo',
      '--yes',
      '--state-dir',
      stateDirectory(),
      '--ssh-config',
      machines.sshConfigFile,
      runId,
    ])
    return (await run.ended).code
  }

  const cases = faultCases('/run').filter(({ type }, index, all) => all.findIndex(each => each.type === type) === index)
  const perFault = counted({ reduced: 1, full: moments.length })
  const chosen = cases.flatMap(at => {
    const first = Math.floor(random() * moments.length)
    return Array.from(
      { length: perFault },
      (_, index) => [at.type, moments[(first + index) % moments.length] ?? 'middle', at] as const,
    )
  })

  test.each(chosen)(
    'by %s is as before within the time of its lease, when opsctl is killed at %s',
    async (_, moment, at) => {
      const start = await state(at)
      const run = await drill(at, { kill: moment })
      if (moment === 'middle') {
        await poll('the fault is in place', 30_000, () => passed('after-do'))
        await poll('the fault shows', 30_000, async () => (await state(at)) !== start)
        run.kill('SIGKILL')
      }
      expect((await run.ended).signal).toBe('SIGKILL')
      await healed(at, start)
      // Nothing is left to be done, and the journal comes to know it.
      expect(await undo()).toBeOneOf([0, 5])
      expect([await state(at), await leases()]).toEqual([start, ''])
      expect(await readdir(join(stateDirectory(), 'unfinished')).catch(() => [])).toEqual([])
    },
    120_000,
  )

  test('is not broken again by an opsctl that stood still for longer than the lease', async () => {
    const at = cases.find(({ type }) => type === 'process-pause') ?? cases[0]
    if (!at) throw new Error('there is no case')
    const start = await state(at)
    const run = await drill(at)
    await poll('the fault is in place', 30_000, () => passed('after-do'))
    run.kill('SIGSTOP')
    await healed(at, start)
    run.kill('SIGCONT')
    let isOver = false
    const ended = run.ended.finally(() => {
      isOver = true
    })
    // One look after the other: a look sees the shells of another one.
    await poll('the drill ends', 60_000, async () => {
      expect(await state(at)).not.toContain('T')
      return isOver
    })
    const { code, stdout } = await ended
    expect({ code, verdict: JSON.parse(stdout).data.verdict }).toEqual({ code: 3, verdict: 'invalid' })
    expect([await state(at), await leases()]).toEqual([start, ''])
  }, 120_000)

  test('tells somebody else what a drill has there, and no more than that', async () => {
    const at = cases.find(({ type }) => type === 'cpu-pressure') ?? cases[0]
    if (!at) throw new Error('there is no case')
    const residue = async (): Promise<string[]> => {
      const where = ['--state-dir', join(directory.path, 'elsewhere'), '--ssh-config', machines.sshConfigFile]
      const { stdout } = await opsctl(['drill', 'clean', '--yes', '-o', 'json', '-t', machine.address, ...where])
      const { items } = JSON.parse(stdout) as { readonly items: readonly { readonly message?: string }[] }
      return items.map(({ message = '' }) => /`(\w+)/.exec(message)?.[1] ?? message).sort()
    }
    const run = await drill(at, { duration: '100s' })
    await poll('the fault is in place', 30_000, () => passed('after-do'))
    expect(await residue()).toEqual(['kill', 'kill', 'rm', 'rmdir'])
    run.kill('SIGINT')
    expect((await run.ended).code).toBe(130)
    expect(await residue()).toEqual(['nothing of a drill is there'])
  }, 120_000)
})
