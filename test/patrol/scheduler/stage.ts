import type { Clock } from '../../../src/lib/core/clock.ts'
import { sleep } from '../../../src/lib/core/clock.ts'
import type { LogLevel } from '../../../src/lib/core/io.ts'
import type { Job } from '../../../src/lib/patrol/scheduler/job.ts'
import { Scheduler, type SchedulerOptions } from '../../../src/lib/patrol/scheduler/scheduler.ts'
import type { SlaClass } from '../../../src/lib/probe/index.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'

/** What a job of a test does. */
export interface Part {
  readonly id: string
  readonly sla?: SlaClass
  readonly caps?: readonly string[]
  readonly takesMs?: number
  /** Ends only when it is aborted; `for ever`: not even then. */
  readonly hangs?: true | 'for ever'
  /** Undefined: never again. */
  readonly everyMs?: number | undefined
  readonly deadlineMs?: number
}

/** One run, as it was played. Milliseconds since the beginning. */
export interface Played {
  readonly id: string
  readonly sla: SlaClass
  readonly at: number
  endedAt?: number
  reason?: unknown
}

/** A scheduler on a clock that a test moves, and all that it did. */
export class Stage {
  readonly time = new FakeClock()
  readonly played: Played[] = []
  readonly running = new Map<string, readonly string[]>()
  readonly logged: (readonly [level: LogLevel, message: string])[] = []
  readonly stalls: number[] = []
  /** Bad luck that never may be. */
  readonly broken: string[] = []
  readonly scheduler: Scheduler
  readonly clock: Clock
  #jumped = 0
  #wallStep = 0

  constructor(options: Partial<SchedulerOptions> = {}) {
    this.clock = {
      now: () => this.time.now() + this.#jumped + this.#wallStep,
      monotonic: () => this.time.monotonic() + this.#jumped,
      timer: (ms, call) => this.time.timer(ms, call),
    }
    this.scheduler = new Scheduler({
      clock: this.clock,
      random: () => 0.5,
      workers: 10,
      capPerKey: 1,
      log: (level, message) => void this.logged.push([level, message]),
      onStall: ms => void this.stalls.push(ms),
      ...options,
    })
  }

  get now(): number {
    return this.clock.monotonic()
  }

  /** As a stopped process sees it: time has passed, and no timer has rung. */
  freeze(ms: number): void {
    this.#jumped += ms
  }

  /** Someone sets the clock on the wall. */
  setWall(ms: number): void {
    this.#wallStep += ms
  }

  job({ id, sla = 'P1', caps = [], takesMs = 0, hangs, everyMs, deadlineMs = 10_000 }: Part): Job {
    const run = async (signal: AbortSignal): Promise<number | undefined> => {
      const played: Played = { id, sla, at: this.now }
      this.played.push(played)
      if (this.running.has(id)) this.broken.push(`${id} runs twice at ${this.now}`)
      this.running.set(id, caps)
      try {
        if (hangs === 'for ever') await new Promise(() => {})
        else if (hangs) await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
        else if (takesMs > 0) await sleep(this.clock, takesMs, signal).catch(() => undefined)
        if (signal.aborted) played.reason = signal.reason
      } finally {
        this.running.delete(id)
        played.endedAt = this.now
      }
      return everyMs
    }
    return { id, sla, caps, deadlineMs, run }
  }

  put(part: Part, dueInMs = 0): void {
    this.scheduler.put(this.job(part), dueInMs, part.everyMs)
  }

  /** When runs of a job began. */
  startsOf(id: string): number[] {
    return this.played.filter(played => played.id === id).map(({ at }) => at)
  }

  countOf(sla: SlaClass): number {
    return this.played.filter(played => played.sla === sla).length
  }
}

export const many = (count: number, part: (index: number) => Part): Part[] =>
  Array.from({ length: count }, (_, index) => part(index))
