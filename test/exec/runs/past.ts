import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../src/lib/core/clock.ts'
import type { Context } from '../../../src/lib/core/context.ts'
import { hostNamed } from '../../../src/lib/core/host.ts'
import { newRunId } from '../../../src/lib/core/run-id.ts'
import { RunRecord } from '../../../src/lib/fleet/index.ts'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { ChangeLog } from '../../../src/lib/plan/index.ts'
import type { PlanRecord } from '../../../src/lib/plan/record.ts'
import { type InProcessEnd, inProcess } from '../../helpers/in-process.ts'
import { planOf } from '../../plan/model.ts'

const now = Date.UTC(2026, 10, 22, 3, 15)
const dayMs = 86_400_000

/** A state directory with runs of long ago, and opsctl on 22 November 2026. */
export class Past {
  readonly home: string
  #made = 0

  constructor(home: string) {
    this.home = home
  }

  /** Runs opsctl on this state. */
  opsctl(line: string): Promise<InProcessEnd> {
    const clock: Clock = { ...systemClock, now: () => now }
    return inProcess(`${line} --state-dir ${this.state}`, { home: this.home, env: { PATH: '/usr/bin:/bin' }, clock })
  }

  get state(): string {
    return join(this.home, 'state')
  }

  /** A run that began so many days ago; not disposed of, it goes on. */
  async begin(daysAgo: number, title = 'uptime', hosts: readonly string[] = ['web1', 'web2']): Promise<Begun> {
    const context = this.#context(daysAgo)
    return { runId: context.runId, record: await RunRecord.start(context, { kind: 'exec', title, hosts }) }
  }

  /** One that is over. */
  async run(daysAgo: number, title = 'uptime', failed: readonly string[] = []): Promise<string> {
    const { runId, record } = await this.begin(daysAgo, title)
    for (const host of ['web1', 'web2']) record.add({ host, outcome: failed.includes(host) ? 'failed' : 'ok' })
    await record[Symbol.asyncDispose]()
    return runId
  }

  /** A change of two hosts with these records behind its plan, its process gone. */
  async change(daysAgo: number, records: readonly PlanRecord[]): Promise<string> {
    const context = this.#context(daysAgo)
    await using log = await ChangeLog.open(context)
    await using _record = await RunRecord.start(context, { kind: 'change', title: 'raise the limits', hosts: ['web1', 'web2'] })
    const plan = planOf(
      [
        { id: 'config', key: 'a', value: 'b' },
        { id: 'reload', load: true, on: ['config'] },
      ],
      { name: 'raise the limits' },
    )
    const settings = { stepTimeoutMs: 1000, undoTimeoutMs: 1000, concurrency: 1 }
    log.note({ is: 'plan', plan, hosts: [hostNamed('web1'), hostNamed('web2')], settings })
    for (const record of records) log.note(record)
    return context.runId
  }

  /** Something that no run recorded anything in. */
  async empty(daysAgo: number): Promise<string> {
    const { runId } = this.#context(daysAgo)
    await mkdir(join(this.state, 'runs', runId, 'output'), { recursive: true })
    return runId
  }

  #context(daysAgo: number): Context {
    const runId = newRunId(now - daysAgo * dayMs, () => this.#made++ / 0x10000)
    const log = (_: string, message: string): never => {
      throw new Error(message)
    }
    const paths = { state: this.state, home: this.home, cwd: this.home, config: [] }
    // What keeps the records of a run asks for no more.
    return { paths, runId, clock: systemClock, log } as unknown as Context
  }
}

interface Begun {
  readonly runId: string
  readonly record: RunRecord
}

export const begun = (host: string, step = 'config'): PlanRecord => ({ is: 'intent', host, step, before: 'old' })
export const did = (host: string, step = 'config'): PlanRecord[] => [
  begun(host, step),
  { is: 'result', host, step, outcome: 'changed' },
]
