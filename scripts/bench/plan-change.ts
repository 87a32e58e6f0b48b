import { randomBytes } from 'node:crypto'
import type { Connector, Context } from '../../src/lib/core/context.ts'
import type { Host } from '../../src/lib/core/host.ts'
import type { Plan, StepSpec } from '../../src/lib/core/plan.ts'
import type { Report } from '../../src/lib/core/report.ts'
import type { Fleet } from '../../src/lib/fleet/index.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { buildPlan, Change, ChangeLog, lockHosts } from '../../src/lib/plan/index.ts'
import command from '../../src/lib/plan/steps/command.ts'
import writeFile from '../../src/lib/plan/steps/write-file.ts'
import { SyncCounter } from './sync-counter.ts'

/** What a change file has by default. */
const timeouts = { stepTimeoutMs: 300_000, undoTimeoutMs: 300_000 }

export interface BenchChange {
  readonly hosts: readonly Host[]
  readonly connector: Pick<Connector, 'connect'>
  readonly steps: readonly Pick<StepSpec, 'kind' | 'params'>[]
  readonly concurrency: number
  readonly stateDirectory: string
}

export interface PartCost {
  readonly wallS: number
  /** Of this process alone. */
  readonly cpuS: number
  readonly syncs: number
}

/** Locks and journal are made; the steps are done; journal and locks are closed. */
export interface ChangeCost {
  readonly setUp: PartCost
  readonly steps: PartCost
  readonly close: PartCost
}

/**
 * Applies steps as `opsctl exec CHANGE.yaml` does from the moment when it has been confirmed, all hosts in one wave.
 * Every step must change every host: anything else is no measurement.
 */
export async function applyChange(work: BenchChange): Promise<ChangeCost> {
  using counter = await SyncCounter.start()
  const [prepared, setUp] = await costed(counter, () => prepare(work))
  const [report, steps] = await costed(counter, () => prepared.change.apply())
  const [, close] = await costed(counter, async () => prepared[Symbol.asyncDispose]())
  demandChanged(report, work)
  return { setUp, steps, close }
}

async function costed<T>(counter: SyncCounter, work: () => Promise<T>): Promise<[T, PartCost]> {
  const [start, cpu, syncs] = [performance.now(), process.cpuUsage(), counter.count]
  const result = await work()
  const { user, system } = process.cpuUsage(cpu)
  return [result, { wallS: (performance.now() - start) / 1000, cpuS: (user + system) / 1e6, syncs: counter.count - syncs }]
}

async function prepare(work: BenchChange): Promise<AsyncDisposable & { readonly change: Change }> {
  const { hosts, connector, concurrency, stateDirectory } = work
  const context = contextOf(stateDirectory)
  const steps = work.steps.map((step, index): StepSpec => ({ id: `step-${index + 1}`, precheck: [], verify: [], ...step }))
  const plan: Plan = { name: 'bench', steps, waves: [{ percent: 100 }], pauseMs: 0, gates: [], rollback: 'run' }
  const built = await buildPlan(context, plan)
  await using opened = new AsyncDisposableStack()
  opened.use(await lockHosts(context, hosts))
  const log = opened.use(await ChangeLog.open(context))
  await log.commit({ is: 'plan', plan, hosts, settings: { ...timeouts, concurrency } })
  const { signal } = new AbortController()
  const connect: Connector['connect'] = (host, options) => connector.connect(host, options)
  const noDispose = async (): Promise<void> => {}
  const fleet: Fleet = {
    hosts,
    connector: { connect, login: connect, [Symbol.asyncDispose]: noDispose },
    signal,
    [Symbol.asyncDispose]: noDispose,
  }
  const change = new Change(context, { fleet, built, log, concurrency, ...timeouts, maxFailures: 0 })
  const kept = opened.move()
  return {
    change,
    async [Symbol.asyncDispose]() {
      await kept.disposeAsync()
    },
  }
}

/** The few things of a Context that a change asks for. */
function contextOf(state: string): Context {
  const context: Partial<Context> = {
    clock: systemClock,
    random: Math.random,
    runId: randomBytes(8).toString('hex'),
    paths: { state, home: undefined, cwd: state, config: [] },
    progress: { update() {}, around: write => write(), stop() {} },
    onInterrupt: () => () => {},
    emit: async () => {},
    component: (async (_kind: string, type: string) =>
      [command, writeFile].find(step => step.type === type)) as Context['component'],
  }
  return context as Context
}

function demandChanged({ counts, items }: Report, { hosts, steps }: BenchChange): void {
  if (counts.byOutcome.changed === hosts.length * steps.length) return
  const bad = items.find(({ outcome }) => outcome !== 'changed')
  throw new Error(`not every step changed every host: ${JSON.stringify(counts.byOutcome)} ${bad?.path}: ${bad?.message}`)
}
