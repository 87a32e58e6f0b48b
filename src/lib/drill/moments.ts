import type { Clock } from '../core/clock.ts'
import type { Item } from '../core/item.ts'
import type { Moments } from './verifier/series.ts'

/** A fault on a host. */
export interface FaultMoments {
  readonly host: string
  readonly step: string
  /** Of the monotonic clock, milliseconds. */
  readonly begunMs: number
  injectedMs?: number
  healingMs?: number
  healedMs?: number
  /** The lease did not last. `over`: the host healed itself before it was asked to, and nobody saw when. Otherwise nothing would have. */
  lease?: 'over' | 'unguarded' | 'gone'
  /** What was put there, in the words of the fault: the rules, the processes. */
  evidence?: string
}

/** When what was injected and healed, told by the engine at the moment. */
export class DrillMoments {
  readonly #clock: Clock
  readonly #faults = new Map<string, FaultMoments>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Takes up a point of the engine: `after-do web1/process-pause-1`. Others are no news. */
  passed(point: string): void {
    const [, what, host = '', step = ''] =
      /^(before-do|after-do|before-undo|after-undo|lease-over|lease-unguarded|lease-gone) (.*)\/([^/]+)$/.exec(point) ?? []
    if (what === undefined) return
    const now = this.#clock.monotonic()
    const key = `${host}/${step}`
    const fault = this.#faults.get(key)
    if (what === 'before-do') this.#faults.set(key, { host, step, begunMs: now })
    else if (fault && what === 'after-do') fault.injectedMs = now
    else if (fault && what === 'before-undo') fault.healingMs = now
    else if (fault && what === 'lease-over') fault.lease = 'over'
    else if (fault && what === 'lease-unguarded') fault.lease = 'unguarded'
    else if (fault && what === 'lease-gone') fault.lease = 'gone'
    else if (fault) fault.healedMs = now
  }

  /** Takes up what the engine tells of a step that is done: `1/web1/process-pause-1`. Other items are no news. */
  told({ path, outcome, data }: Item): void {
    const fault = this.#faults.get(path.slice(path.indexOf('/') + 1))
    const diff = data?.['diff']
    if (fault && outcome === 'changed' && typeof diff === 'string') fault.evidence = diff
  }

  get faults(): readonly FaultMoments[] {
    return [...this.#faults.values()]
  }

  /** Undefined before anything was injected. */
  get moments(): Moments | undefined {
    const { faults } = this
    if (faults.length === 0) return undefined
    const healed = faults.flatMap(({ healedMs }) => healedMs ?? [])
    return {
      injectedMs: Math.min(...faults.map(({ begunMs }) => begunMs)),
      nowMs: this.#clock.monotonic(),
      ...(healed.length === faults.length && { healedMs: Math.max(...healed) }),
    }
  }
}

/** A moment of the monotonic clock in milliseconds since the epoch. */
export const epochOf = (clock: Clock, monotonicMs: number): number => clock.now() - (clock.monotonic() - monotonicMs)
