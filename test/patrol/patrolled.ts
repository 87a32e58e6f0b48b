import { join } from 'node:path'
import { keyOf } from '../../src/lib/alert/index.ts'
import type { Alert } from '../../src/lib/core/alert.ts'
import type { CheckResult, Sampling } from '../../src/lib/core/check.ts'
import type { Connector } from '../../src/lib/core/context.ts'
import type { Host } from '../../src/lib/core/host.ts'
import { History } from '../../src/lib/patrol/history/history.ts'
import { Patrol } from '../../src/lib/patrol/patrol.ts'
import { Recorder } from '../../src/lib/patrol/recorder.ts'
import { Scheduler } from '../../src/lib/patrol/scheduler/scheduler.ts'
import type { Watch, WatchedCheck } from '../../src/lib/patrol/watch.ts'
import { Looker, type SlaClass } from '../../src/lib/probe/index.ts'
import { SharedThings } from '../../src/lib/run/shared-things.ts'
import { FakeClock } from '../helpers/fake-clock.ts'

/** Answers of checks by name; a function is asked at each look. */
export type Answers = Record<string, CheckResult | ((signal: AbortSignal) => Promise<CheckResult>)>

export const good: CheckResult = { verdict: 'pass', message: 'it answers' }
export const bad: CheckResult = { verdict: 'fail', reason: 'refused', message: 'connection refused' }

interface Asked {
  readonly intervalMs?: number
  readonly retries?: number
  readonly failures?: number
  readonly of?: number
  readonly sla?: SlaClass
  readonly dependsOn?: readonly string[]
  readonly recoveries?: number
  readonly version?: string
  readonly isOn?: boolean
  readonly hosts?: readonly Host[]
}

/** A patrol whose clock and answers a test holds; its history is a real file. */
export class Patrolled implements AsyncDisposable {
  readonly clock: FakeClock
  readonly answers: Answers = {}
  readonly alerts: Alert[] = []
  /** Names in the order in which they were looked at, with the time. */
  readonly looks: { readonly name: string; readonly at: number }[] = []
  readonly history: History
  readonly scheduler: Scheduler
  readonly recorder: Recorder
  readonly patrol: Patrol

  constructor(directory: string, clock = new FakeClock(), onChange?: (watch: Watch) => void) {
    this.clock = clock
    const log = (): void => {}
    this.history = new History(join(directory, 'history.db'))
    this.recorder = new Recorder({ clock, log, history: this.history, raise: async alerts => this.#raise(alerts) })
    this.scheduler = new Scheduler({ clock, random: () => 0.5, workers: 10, capPerKey: 5, log })
    const connector = { connect: async () => ({}), login: async () => ({}) } as unknown as Connector
    const shared = new SharedThings()
    const looker = new Looker(clock, { connector, shared, secret: async () => 'secret' })
    const { scheduler, recorder, history } = this
    this.patrol = new Patrol({ clock, log, looker, scheduler, recorder, history, ...(onChange && { onChange }) })
  }

  check(name: string, asked: Asked = {}): WatchedCheck {
    const { intervalMs = 10_000, retries = 0, failures = 1, of = failures, sla = 'P1', dependsOn = [], recoveries = 2 } = asked
    const sampling: Sampling[] = [{ dimension: 'tcp', intervalMs, timeoutMs: 2000, retries, failures, of }]
    return {
      name,
      type: 'tcp',
      check: {
        title: name,
        sampling,
        run: async ({ signal }) => {
          this.looks.push({ name, at: this.clock.monotonic() })
          const answer = this.answers[name] ?? good
          return typeof answer === 'function' ? await answer(signal) : answer
        },
      },
      sampling,
      labels: {},
      sla,
      dependsOn,
      recoveries,
      version: asked.version ?? '1',
      source: 'test',
      isOn: asked.isOn ?? true,
      ...(asked.hosts && { hosts: asked.hosts }),
    }
  }

  /** A check that only reads on its hosts, so that all of one host are looked at together. */
  reading(name: string, asked: Asked): WatchedCheck {
    const check = this.check(name, asked)
    const judge = (): CheckResult => {
      this.looks.push({ name, at: this.clock.monotonic() })
      const answer = this.answers[name] ?? good
      if (typeof answer === 'function') throw new TypeError('a reading answers at once')
      return answer
    }
    return { ...check, check: { ...check.check, host: { readings: [], judge } } }
  }

  watch(id: string): Watch {
    const watch = this.patrol.watches.get(id)
    if (!watch) throw new Error(`nothing is watched as ${id}`)
    return watch
  }

  /** `firing closed: connection refused`, without times. */
  get told(): string[] {
    return this.alerts.map(({ status, summary }) => `${status} ${summary.replace(/ after .*/, '')}`)
  }

  looksAt(name: string): number {
    return this.looks.filter(look => look.name === name).length
  }

  /** Knows, as channels do, what it was told. */
  #raise(alerts: readonly Alert[]): void {
    const known = new Set(this.alerts.map(keyOf))
    for (const alert of alerts) if (!known.has(keyOf(alert))) this.alerts.push(alert)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.recorder[Symbol.asyncDispose]()
    this.history[Symbol.dispose]()
  }
}
