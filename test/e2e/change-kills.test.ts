import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { counted } from '../helpers/counts.ts'
import { type Machines, startMachines } from '../helpers/machines.ts'
import { needs } from '../helpers/needs.ts'
import { type OpsctlEnd, opsctl } from '../helpers/opsctl.ts'
import { seeded } from '../journal/seeded.ts'
import { shopEffects, shopSetUp, shopState } from './shop.ts'

/** On so many hosts, killed at so many moments of each kind: every one on a single host, some on many. */
const sizes = [
  ...(counted({ reduced: 0, full: 1 }) === 1 ? [{ hosts: 1, perKind: Number.POSITIVE_INFINITY }] : []),
  { hosts: counted({ reduced: 4, full: 20 }), perKind: counted({ reduced: 1, full: 8 }) },
]

/** A file, a restarted and enabled daemon, a kernel setting, a command with its undo; a handler by which the daemon loads the file again. */
const changeOf = (targets: readonly string[]): string => `name: raise the limits
targets: [${targets.join(', ')}]
steps:
  - id: config
    write-file: { path: /etc/shop/shop.conf, content: "workers 16\\n", mode: "0600", owner: root }
  - id: daemon
    service: { name: shop, state: restarted, enabled: true }
  - id: backlog
    sysctl: { key: net.core.somaxconn, value: 8192, persist: true }
  - id: register
    run: echo run >>/run/effects; echo registered >/etc/shop/registered
    rollback: echo undo >>/run/effects; rm -f /etc/shop/registered
handlers:
  - id: reload
    on: [config, register]
    service: { name: shop, state: reloaded }
`

const doPoints = ['before-write', 'after-write', 'before-fsync', 'after-fsync', 'before-do', 'after-do']
const undoPoints = ['before-write', 'after-write', 'before-fsync', 'after-fsync', 'before-undo', 'after-undo']

/** The n-th time that a point of a kind is passed, from 1. */
interface Kill {
  readonly kind: string
  readonly nth: number
}

/** A change on its way through kills, with a state directory of its own. In memory: a kill is no power cut. */
class Ordeal implements AsyncDisposable {
  readonly #directory: string
  readonly #machines: Machines
  runs = 0

  private constructor(directory: string, machines: Machines) {
    this.#directory = directory
    this.#machines = machines
  }

  static async begin(machines: Machines): Promise<Ordeal> {
    const directory = await mkdtemp('/dev/shm/opsctl-kill-')
    await writeFile(join(directory, 'change.yaml'), changeOf(machines.all.map(({ address }) => address)))
    await Promise.all(machines.all.map(machine => machine.sh('rm -f /run/effects')))
    return new Ordeal(directory, machines)
  }

  exec(kill?: Kill): Promise<OpsctlEnd> {
    return this.#run(['exec', '--yes', '-o', 'json'], kill, join(this.#directory, 'change.yaml'))
  }

  async undo(kill?: Kill): Promise<OpsctlEnd> {
    return this.#run(['undo', '-o', 'json'], kill, await this.runId())
  }

  async resume(kill?: Kill): Promise<OpsctlEnd> {
    return this.#run(['exec', '--yes', '-o', 'json', '--resume', await this.runId()], kill)
  }

  /** What the last run passed. */
  async points(): Promise<string[]> {
    const text = await readFile(this.#pointsFile, 'utf8').catch(() => '')
    return text.split('\n').filter(Boolean)
  }

  /** Of the change; there is none before its journal is begun. */
  async runId(): Promise<string> {
    const runs = join(this.#directory, 'state/runs')
    const ids = await readdir(runs).catch((): string[] => [])
    return ids.find(id => existsSync(join(runs, id, 'change'))) ?? 'none'
  }

  async #run(args: readonly string[], kill: Kill | undefined, ...last: readonly string[]): Promise<OpsctlEnd> {
    this.runs++
    const script = join(import.meta.dir, 'mortal-opsctl.ts')
    const fatal = kill ? { OPSCTL_TEST_KILL: `${kill.kind}#${kill.nth}` } : {}
    const where = ['--state-dir', join(this.#directory, 'state'), '--ssh-config', this.#machines.sshConfigFile]
    return opsctl([script, ...args, ...where, ...last], {
      program: process.execPath,
      env: { OPSCTL_TEST_POINTS: this.#pointsFile, ...fatal },
      deadlineMs: 120_000,
    })
  }

  get #pointsFile(): string {
    return join(this.#directory, `points-${this.runs}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true })
  }
}

describe.skipIf(!needs('root', 'mount', 'netns', 'sshd')).each(sizes)('a change on $hosts hosts', ({ hosts, perKind }) => {
  let machines: Machines
  let start: string[]
  let end: string[]
  /** How often a run that is not killed passes each kind of point. */
  const counts = new Map<string, number>()
  const states = () => Promise.all(machines.all.map(shopState))

  beforeAll(async () => {
    machines = await startMachines({ count: hosts, setUp: shopSetUp })
    start = await states()
    await using whole = await Ordeal.begin(machines)
    expect(await whole.exec()).toMatchObject({ code: 0 })
    for (const kind of doPoints) counts.set(kind, (await whole.points()).filter(point => point.split(' ')[0] === kind).length)
    end = (await states()).map(timeless)
    expect(await whole.undo()).toMatchObject({ code: 0 })
    expect(await states()).toEqual(start)
  }, 120_000)
  afterAll(() => machines?.[Symbol.asyncDispose]())

  const random = seeded(20_261_122)

  /** At so many moments of each kind, spread from the first to the last. */
  const killsOf = (kind: string, each: number): Kill[] => {
    const all = counts.get(kind) ?? 0
    const many = Math.min(each, all)
    const spread = Array.from({ length: many }, (_, index) => 1 + Math.floor(((index + random()) * all) / many))
    return [...new Set(spread)].map(nth => ({ kind, nth }))
  }
  /** Before the plan is in the journal there is nothing to undo or to go on with. */
  const tooEarly: Kill = { kind: 'before-write', nth: 1 }
  const isTooEarly = ({ kind, nth }: Kill): boolean => kind === tooEarly.kind && nth === tooEarly.nth

  test(`is brought back byte for byte after a kill at any point, and another one while it is undone`, async () => {
    const seen = { kills: 0, killsOfUndo: 0, repeated: 0 }
    for (const kill of [tooEarly, ...doPoints.flatMap(kind => killsOf(kind, perKind))]) {
      await using ordeal = await Ordeal.begin(machines)
      const what = `${kill.kind}#${kill.nth}`
      const killed = await ordeal.exec(kill)
      if (killed.signal === 'SIGKILL') seen.kills++
      const begun = (await ordeal.points()).filter(point => point.startsWith('before-do ')).length
      let killsOfUndo = 0
      if (begun > 0 && random() < 0.5) {
        const kind = undoPoints[Math.floor(random() * undoPoints.length)] ?? ''
        const undone = await ordeal.undo({ kind, nth: 1 + Math.floor(random() * begun) })
        if (undone.signal === 'SIGKILL') killsOfUndo++
      }
      const { code, stderr } = await ordeal.undo()
      // Before the plan was in the journal there was no change.
      expect({ what, code, stderr }).toMatchObject({ what, code: isTooEarly(kill) ? 2 : 0 })
      expect({ what, states: await states() }).toEqual({ what, states: start })
      seen.killsOfUndo += killsOfUndo
      for (const machine of machines.all) {
        const { run = 0, undo = 0, load = 0 } = await shopEffects(machine)
        expect(run).toBeLessThanOrEqual(1)
        expect(undo).toBeLessThanOrEqual(1 + killsOfUndo)
        // Restart and reload of the change, the same of the undo, and again for an undo that was killed.
        expect(load).toBeLessThanOrEqual(4 + 2 * killsOfUndo)
        seen.repeated += Math.max(0, undo - 1)
      }
    }
    expect(seen.kills).toBeGreaterThanOrEqual(doPoints.length)
    expect(seen.killsOfUndo).toBeGreaterThan(0)
  }, 3_600_000)

  test(`is brought to the same end as one that was not killed when it is resumed, and back from there`, async () => {
    for (const kill of doPoints
      .flatMap(kind => killsOf(kind, perKind))
      .filter((kill, index) => index % 2 === 1 && !isTooEarly(kill))) {
      await using ordeal = await Ordeal.begin(machines)
      const what = `${kill.kind}#${kill.nth}`
      await ordeal.exec(kill)
      expect({ what, ...(await ordeal.resume()) }).toMatchObject({ what, code: 0 })
      expect({ what, states: (await states()).map(timeless) }).toEqual({ what, states: end })
      for (const machine of machines.all) expect((await shopEffects(machine))['run']).toBeLessThanOrEqual(2)
      expect({ what, ...(await ordeal.undo()) }).toMatchObject({ what, code: 0 })
      expect({ what, states: await states() }).toEqual({ what, states: start })
    }
  }, 3_600_000)
})

/** A file that is written gets the time at which it was. */
const timeless = (state: string): string => state.replace(/^time \d+$/gm, 'time')
