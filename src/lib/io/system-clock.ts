import type { Clock } from '../core/clock.ts'

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer(ms, call, { background = false } = {}) {
    // setTimeout holds 31 bits: what is further away than 24 days is never.
    if (ms > 2 ** 31 - 1) return () => {}
    const timer = setTimeout(call, ms)
    if (background) timer.unref()
    return () => clearTimeout(timer)
  },
}
