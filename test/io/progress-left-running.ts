// Shows progress for three hosts and never stops it.
import { writeSync } from 'node:fs'
import type { Clock } from '../../src/lib/core/clock.ts'
import { plainStyle } from '../../src/lib/io/plain-style.ts'
import { makeProgress } from '../../src/lib/io/progress.ts'

const clock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  timer: (ms, call, { background = false } = {}) => {
    const timer = setTimeout(call, ms)
    if (background) timer.unref()
    return () => clearTimeout(timer)
  },
}
const port = {
  isTerminal: true,
  columns: 80,
  style: plainStyle,
  write: async (data: string | Uint8Array) => void writeSync(1, data.toString()),
}
makeProgress({ port, clock, enabled: true }).update({ total: 3, done: 0, failed: 0, running: 3 })
