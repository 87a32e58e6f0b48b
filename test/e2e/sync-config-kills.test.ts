import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { counted } from '../helpers/counts.ts'
import { type Machines, startMachines } from '../helpers/machines.ts'
import { needs } from '../helpers/needs.ts'
import { type OpsctlEnd, opsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { seeded } from '../journal/seeded.ts'
import { shopSetUp, shopState } from './shop.ts'

const patience = 120_000
const points = ['before-write', 'after-write', 'before-fsync', 'after-fsync', 'before-do', 'after-do']

/** The n-th time that a point of a kind is passed, from 1. */
interface Kill {
  readonly kind: string
  readonly nth: number
}

/** One apply that is killed, with a source and a state directory of its own. */
class Ordeal implements AsyncDisposable {
  readonly #directory: string
  readonly #machines: Machines

  private constructor(directory: string, machines: Machines) {
    this.#directory = directory
    this.#machines = machines
  }

  static async begin(machines: Machines, more = ''): Promise<Ordeal> {
    const directory = await mkdtemp('/dev/shm/opsctl-kill-')
    const write = (name: string, text: string) => writeFile(join(directory, name), text)
    await write('config.json', '{ "workers": 16, "motd": "work is done here\\n" }')
    await write('shop.liquid', 'workers {{ config.workers }}\nname {{ host.name }}\n')
    await write(
      'sync.yaml',
      `name: the shop
source: { file: { path: config.json } }
targets: [${machines.all.map(({ address }) => address).join(', ')}]
waves: [1, 100%]
undo-timeout: 2s
${more}files:
  - { template: shop.liquid, to: /etc/shop/shop.conf, mode: "0600", owner: root, service: { name: shop, action: reload } }
  - { from: motd, to: /etc/motd }
`,
    )
    return new Ordeal(directory, machines)
  }

  apply(kill?: Kill): Promise<OpsctlEnd> {
    const script = join(import.meta.dir, 'mortal-opsctl.ts')
    const fatal = kill ? { OPSCTL_TEST_KILL: `${kill.kind}#${kill.nth}` } : {}
    return opsctl([script, 'sync-config', 'apply', '--yes', '-f', join(this.#directory, 'sync.yaml'), ...this.#where], {
      program: process.execPath,
      env: { OPSCTL_TEST_POINTS: join(this.#directory, 'points'), ...fatal },
      deadlineMs: patience,
    })
  }

  run(command: 'undo' | 'exec', ...args: readonly string[]): Promise<OpsctlEnd> {
    return opsctl([command, '--yes', ...this.#where, ...args], { deadlineMs: patience })
  }

  /** What `status` lists: the outcome of every run. */
  async outcomes(): Promise<string[]> {
    const args = ['sync-config', 'status', '-o', 'json', ...this.#where, '-f', join(this.#directory, 'sync.yaml')]
    const { code, stdout } = await opsctl(args, { deadlineMs: patience })
    return code === 2 ? [] : JSON.parse(stdout).data.revisions.map(({ outcome }: { outcome: string }) => outcome)
  }

  async passed(kind: string): Promise<number> {
    const text = await readFile(join(this.#directory, 'points'), 'utf8').catch(() => '')
    return text.split('\n').filter(line => line.split(' ')[0] === kind).length
  }

  /** Of the apply; undefined when it was killed before its journal began. */
  async runId(): Promise<string | undefined> {
    return (await this.runIds())[0]
  }

  /** Of all applies, in their order. */
  async runIds(): Promise<string[]> {
    const runs = join(this.#directory, 'state/runs')
    const ids = await readdir(runs).catch((): string[] => [])
    return ids.filter(id => existsSync(join(runs, id, 'change'))).sort()
  }

  get #where(): string[] {
    return ['--state-dir', join(this.#directory, 'state'), '--ssh-config', this.#machines.sshConfigFile]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true })
  }
}

describe.skipIf(!needs('root', 'mount', 'netns', 'sshd'))('a sync-config apply that is killed', () => {
  let machines: Machines
  let start: string[]
  let end: string[]
  const kills: Kill[] = []
  const states = () => Promise.all(machines.all.map(shopState))

  beforeAll(async () => {
    machines = await startMachines({ count: 2, setUp: shopSetUp })
    start = await states()
    await using whole = await Ordeal.begin(machines)
    expect(await whole.apply()).toMatchObject({ code: 0 })
    end = (await states()).map(timeless)
    const random = seeded(20_261_123)
    const each = counted({ reduced: 1, full: 12 })
    for (const kind of points) {
      const all = await whole.passed(kind)
      const nths = Array.from(
        { length: Math.min(each, all) },
        (_, index) => 1 + Math.floor(((index + random()) * all) / Math.min(each, all)),
      )
      for (const nth of new Set(nths)) kills.push({ kind, nth })
    }
    expect(await whole.run('undo', (await whole.runId()) ?? '')).toMatchObject({ code: 0 })
    expect(await states()).toEqual(start)
  }, patience)
  afterAll(() => machines?.[Symbol.asyncDispose]())

  test('is undone byte for byte, or resumed to the end that it would have had, at every point of its journal', async () => {
    for (const [index, kill] of kills.entries()) {
      const what = `${kill.kind}#${kill.nth}`
      await using ordeal = await Ordeal.begin(machines)
      expect({ what, signal: (await ordeal.apply(kill)).signal }).toEqual({ what, signal: 'SIGKILL' })
      const runId = await ordeal.runId()
      const hasPlan = (await ordeal.passed('after-write')) > 0
      if (runId !== undefined && hasPlan && index % 2 === 1) {
        expect({ what, ...(await ordeal.run('exec', '--resume', runId)) }).toMatchObject({ what, code: 0 })
        expect({ what, states: (await states()).map(timeless) }).toEqual({ what, states: end })
        expect({ what, outcomes: await ordeal.outcomes() }).toEqual({ what, outcomes: ['kept'] })
      }
      if (runId !== undefined && hasPlan) {
        expect({ what, ...(await ordeal.run('undo', runId)) }).toMatchObject({ what, code: 0 })
      }
      expect({ what, states: await states() }).toEqual({ what, states: start })
      expect({ what, outcomes: await ordeal.outcomes() }).toEqual({ what, outcomes: [] })
    }
  }, 900_000)

  test('comes to its end with the next apply, which reloads what the killed one wrote and did not come to reload', async () => {
    const late = kills.filter(({ kind }) => kind === 'after-do').slice(0, counted({ reduced: 1, full: 12 }))
    for (const kill of late) {
      const what = `${kill.kind}#${kill.nth}`
      await using ordeal = await Ordeal.begin(machines)
      expect({ what, signal: (await ordeal.apply(kill)).signal }).toEqual({ what, signal: 'SIGKILL' })
      expect({ what, ...(await ordeal.apply()) }).toMatchObject({ what, code: 0 })
      expect({ what, states: (await states()).map(timeless) }).toEqual({ what, states: end })
      for (const runId of (await ordeal.runIds()).toReversed())
        expect({ what, ...(await ordeal.run('undo', runId)) }).toMatchObject({ what, code: 0 })
      expect({ what, states: await states() }).toEqual({ what, states: start })
    }
  }, 900_000)

  test('with a hold is taken back by the hosts themselves', async () => {
    const late = kills.filter(({ kind }) => kind === 'before-do' || kind === 'after-do').slice(-counted({ reduced: 1, full: 20 }))
    for (const kill of late) {
      const what = `${kill.kind}#${kill.nth}`
      await using ordeal = await Ordeal.begin(machines, 'hold: 5s\n')
      expect({ what, signal: (await ordeal.apply(kill)).signal }).toEqual({ what, signal: 'SIGKILL' })
      await poll(`after ${what} the hosts are as before`, patience, async () => Bun.deepEquals(await states(), start))
      const runId = (await ordeal.runId()) ?? ''
      expect({ what, ...(await ordeal.run('undo', runId)) }).toMatchObject({ what, code: 0 })
      expect({ what, states: await states() }).toEqual({ what, states: start })
    }
  }, 900_000)
})

/** A file that is written gets the time at which it was. */
const timeless = (state: string): string => state.replace(/^time \d+$/gm, 'time')
