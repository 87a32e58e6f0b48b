import type { Context } from '../../src/lib/core/context.ts'
import { type Host, hostNamed } from '../../src/lib/core/host.ts'
import type { Item } from '../../src/lib/core/item.ts'
import type { Json } from '../../src/lib/core/json.ts'
import { type Plan, StepError, type StepKind, type StepPlace, type StepSpec } from '../../src/lib/core/plan.ts'
import type { Report } from '../../src/lib/core/report.ts'
import { type Transport, TransportError } from '../../src/lib/core/transport.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { buildPlan, Change, ChangeLog } from '../../src/lib/plan/index.ts'
import { OwedHandlers } from '../../src/lib/plan/owed-handlers.ts'

/** Hosts as maps of settings, and daemons that read them when they are reloaded. */
export class ModelFleet {
  readonly hosts: readonly Host[]
  readonly #settings = new Map<string, Map<string, string>>()
  /** How often each effect happened, by `host step do|undo`. */
  readonly effects = new Map<string, number>()
  /** After so many effects nothing happens any more: the process was killed. */
  killAfter = Number.POSITIVE_INFINITY
  /** `host step` that fails when it is done. */
  failing = new Set<string>()
  /** `host step` that can not be undone as long as it is in here. */
  stuck = new Set<string>()
  /** Hosts that nobody reaches. */
  away = new Set<string>()
  #count = 0

  constructor(names: readonly string[]) {
    this.hosts = names.map(name => hostNamed(name))
    for (const name of names)
      this.#settings.set(
        name,
        new Map([
          ['motd', 'welcome'],
          ['loaded', ''],
        ]),
      )
  }

  /** True from the last effect before the kill on. */
  get isKilled(): boolean {
    return this.#count >= this.killAfter
  }

  /** Lets the process be killed after so many more effects. */
  killAfterMore(effects: number): void {
    this.killAfter = this.#count + effects
  }

  revive(): void {
    this.killAfter = Number.POSITIVE_INFINITY
  }

  /** All settings of all hosts, to compare. */
  snapshot(): Record<string, Record<string, string>> {
    return Object.fromEntries([...this.#settings].map(([name, settings]) => [name, Object.fromEntries([...settings].sort())]))
  }

  /** Sets a key: undone by what was there before. `load` copies what is set now, as a reloaded daemon does. */
  kind(id: string, params: ModelParams): StepKind {
    const of = (host: string): Map<string, string> => this.#settings.get(host) ?? new Map()
    if ('load' in params) {
      const load = (host: string): void =>
        void of(host).set('loaded', [...of(host)].filter(([key]) => key !== 'loaded').join(' '))
      return {
        describe: () => 'reload',
        capture: async () => null,
        needed: () => true,
        diff: () => '',
        do: ({ transport }) => this.#effect(`${transport.host.name} ${id} do`, () => load(transport.host.name)),
        verify: async () => {},
        ...(params.load === 'restart' && {
          undoneLast: true as const,
          undo: ({ transport }: StepPlace) => this.#effect(`${transport.host.name} ${id} undo`, () => load(transport.host.name)),
        }),
      }
    }
    const { key, value } = params
    return {
      describe: () => `set ${key}`,
      capture: async ({ transport }) => of(transport.host.name).get(key) ?? null,
      needed: before => before !== value,
      diff: before => `${before} -> ${value}`,
      do: async ({ transport }) => {
        await this.#effect(`${transport.host.name} ${id} do`, () => of(transport.host.name).set(key, value))
        if (this.failing.has(`${transport.host.name} ${id}`)) throw new StepError('disk full')
      },
      verify: async () => {},
      undo: ({ transport }, before: Json) =>
        this.#effect(`${transport.host.name} ${id} undo`, () => {
          if (this.stuck.has(`${transport.host.name} ${id}`)) throw new StepError('disk full')
          if (typeof before === 'string') of(transport.host.name).set(key, before)
          else of(transport.host.name).delete(key)
        }),
    }
  }

  /** A killed process does nothing any more and never comes back from what it was doing. */
  #effect(name: string, act: () => void): Promise<void> {
    if (this.isKilled) return new Promise(() => {})
    this.#count++
    act()
    this.effects.set(name, (this.effects.get(name) ?? 0) + 1)
    return this.isKilled ? new Promise(() => {}) : Promise.resolve()
  }
}

/** Sets a value, or has the daemon of the host load all of them: by a reload without an undo, or by a restart that is repeated. */
type ModelParams = { readonly key: string; readonly value: string } | { readonly load: true | 'restart' }

export type ModelStep = { readonly id: string; readonly on?: readonly string[] } & ModelParams

export function planOf(steps: readonly ModelStep[], more: Partial<Plan> = {}): Plan {
  const specs = steps.map(
    ({ id, on, ...params }): StepSpec => ({
      id,
      kind: 'model',
      params: { id, ...params },
      ...(on && { on }),
      precheck: [],
      verify: [],
    }),
  )
  return { name: 'a change', steps: specs, waves: [{ count: 1 }], pauseMs: 0, gates: [], rollback: 'run', ...more }
}

export interface ModelRun {
  readonly report: Promise<Report>
  readonly log: ChangeLog
  readonly items: Item[]
}

/** A process that works on the model: applies the plan, or undoes or resumes the change of another. */
export async function startChange(
  fleet: ModelFleet,
  state: string,
  what: {
    readonly plan: Plan
    readonly runId: string
    readonly changeId?: string
    readonly act: 'apply' | 'undo'
    readonly maxFailures?: number
    readonly undoTimeoutMs?: number
  },
): Promise<ModelRun> {
  const items: Item[] = []
  const signal = new AbortController().signal
  const context = {
    clock: systemClock,
    log: () => {},
    random: () => 0,
    runId: what.runId,
    paths: { state, home: undefined, cwd: state, config: [] },
    progress: { update() {}, around: (write: () => Promise<void>) => write(), stop() {} },
    onInterrupt: () => () => {},
    emit: async (item: Item) => void items.push(item),
    component: async () => ({ build: (params: { id: string; key: string; value: string }) => fleet.kind(params.id, params) }),
  } as unknown as Context
  const connector = {
    async connect(host: Host) {
      if (fleet.away.has(host.name)) throw new TransportError('unreachable', 'connection refused')
      return { host } as Transport
    },
    login: async (host: Host) => ({ host }) as Transport,
    async [Symbol.asyncDispose]() {},
  }
  const changeId = what.changeId ?? what.runId
  const built = await buildPlan(context, what.plan)
  const owed = await OwedHandlers.find(context, { plan: what.plan, hosts: fleet.hosts, changeId })
  const log = await ChangeLog.open(context, changeId)
  const change = new Change(context, {
    fleet: { hosts: fleet.hosts, connector, signal, async [Symbol.asyncDispose]() {} },
    built,
    log,
    owed,
    concurrency: 4,
    stepTimeoutMs: 1000,
    undoTimeoutMs: what.undoTimeoutMs ?? 5000,
    maxFailures: what.maxFailures ?? 0,
  })
  const apply = async (): Promise<Report> => {
    const report = await change.apply()
    await owed.answer(context, log.state)
    return report
  }
  return { report: what.act === 'apply' ? apply() : change.undo(), log, items }
}
