import type { Clock } from '../core/clock.ts'
import { Semaphore } from './semaphore.ts'

export interface FanOutTarget {
  readonly name: string
  /** Share of the concurrency this target takes. */
  readonly weight: number
}

export interface FanOutOptions<T extends FanOutTarget, R> {
  readonly targets: readonly T[]
  readonly concurrency: number
  readonly clock: Clock
  /** When it aborts, running tasks are told by it and waiting ones are not started. */
  readonly signal: AbortSignal
  /** Does the work of one target; must not reject. */
  task(target: T, tracker: Tracker): Promise<R>
  /** The result of a target that was never started. */
  skipped(target: T, why: 'stopped' | 'max-fail'): R
  isFailure(result: R): boolean
  /** More failures than this stop the start of new targets; Infinity for never. */
  readonly maxFailures: number
  /** Called with each result as it happens; the next target of this place waits for it. */
  onResult(result: R): void | Promise<void>
  onProgress?(state: FanOutState): void
}

export interface FanOutState {
  readonly total: number
  readonly done: number
  readonly failed: number
  readonly running: number
}

/** Lets a task say what it is doing, for progress and for the list of pending targets. */
export interface Tracker {
  phase(text: string): void
}

/** What is running now, with its phase and since when. */
export interface Pending {
  readonly name: string
  readonly phase: string
  readonly forMs: number
}

/** Runs one task a target with bounded concurrency. Every target gives exactly one result, whatever happens. */
export class FanOut<T extends FanOutTarget, R> {
  readonly #options: FanOutOptions<T, R>
  readonly #running = new Map<string, { phase: string; since: number }>()
  #done = 0
  #failed = 0

  constructor(options: FanOutOptions<T, R>) {
    this.#options = options
  }

  /** What runs now, longest first. */
  pending(): Pending[] {
    const now = this.#options.clock.monotonic()
    return [...this.#running]
      .map(([name, { phase, since }]) => ({ name, phase, forMs: now - since }))
      .sort((a, b) => b.forMs - a.forMs)
  }

  get waiting(): number {
    return this.#options.targets.length - this.#done - this.#running.size
  }

  /** Resolves when every target has its result. */
  async run(): Promise<void> {
    const semaphore = new Semaphore(this.#options.concurrency)
    const started: Promise<void>[] = []
    for (const target of this.#options.targets) {
      const place = await this.#place(semaphore, target)
      if (typeof place === 'string') await this.#finish(this.#options.skipped(target, place))
      else started.push(this.#runOne(target, place))
    }
    await Promise.all(started)
  }

  async #place(semaphore: Semaphore, target: T): Promise<Disposable | 'stopped' | 'max-fail'> {
    const { signal, maxFailures } = this.#options
    try {
      const place = await semaphore.acquire(target.weight, signal)
      if (this.#failed <= maxFailures && !signal.aborted) return place
      place[Symbol.dispose]()
    } catch {
      // Only an abort rejects here, and that is told below.
    }
    return signal.aborted ? 'stopped' : 'max-fail'
  }

  async #runOne(target: T, place: Disposable): Promise<void> {
    using _ = place
    const { clock, task } = this.#options
    const state = { phase: 'starting', since: clock.monotonic() }
    this.#running.set(target.name, state)
    this.#report()
    const result = await task(target, {
      phase: text => {
        state.phase = text
      },
    })
    this.#running.delete(target.name)
    await this.#finish(result)
  }

  async #finish(result: R): Promise<void> {
    this.#done++
    if (this.#options.isFailure(result)) this.#failed++
    await this.#options.onResult(result)
    this.#report()
  }

  #report(): void {
    const { onProgress, targets } = this.#options
    onProgress?.({ total: targets.length, done: this.#done, failed: this.#failed, running: this.#running.size })
  }
}
