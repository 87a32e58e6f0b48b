import type { Context } from '../core/context.ts'
import type { Scheduler } from './scheduler/scheduler.ts'

/** How often at most memory is freed, milliseconds. */
const everyMs = 10_000
/** Fewer looks leave too little behind for it to be worth a pause. */
const leastLooks = 1000

/**
 * Frees from time to time what looks left behind. By itself the runtime waits until its heap has doubled: with 5,000 checks, of which a
 * tenth hangs, some 50 MiB later. Each time everything stands still for as long as it takes to see all that is alive, some 15 ms for each
 * 1,000 checks, which is why it is not done more often.
 */
export class RegularCollection implements Disposable {
  readonly #cancel: () => void

  constructor({ clock, collectGarbage }: Pick<Context, 'clock' | 'collectGarbage'>, scheduler: Pick<Scheduler, 'load'>) {
    let before = 0
    let cancel = (): void => {}
    const again = (): void => {
      const looks = startsOf(scheduler)
      if (looks - before >= leastLooks) {
        collectGarbage()
        before = looks
      }
      cancel = clock.timer(everyMs, again, { background: true })
    }
    cancel = clock.timer(everyMs, again, { background: true })
    this.#cancel = () => cancel()
  }

  [Symbol.dispose](): void {
    this.#cancel()
  }
}

const startsOf = (scheduler: Pick<Scheduler, 'load'>): number =>
  Object.values(scheduler.load().byClass).reduce((sum, { started }) => sum + started, 0)
