import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Arrivals } from '../../../src/lib/logs/delivery/arrivals.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'

const row = (delivered: number, rest: { readonly dead?: number; readonly spooled?: number; readonly dropped?: number } = {}) => ({
  ...{ source: 'web', sink: 'loki', lines: 0, bytes: 0, records: 0, delivered, dead: 0, spooled: 0, dropped: 0 },
  ...rest,
})

test('what waits has waited since the oldest of it came', async () => {
  const clock = new FakeClock()
  const arrivals = new Arrivals({ clock, ledger: () => [row(10, { dead: 2 })] })
  expect(arrivals.oldestMs(row(10, { dead: 2 }))).toBe(0)
  arrivals.came('web', 5)
  await clock.advance(4000)
  arrivals.came('web', 5)
  await clock.advance(3000)
  expect(arrivals.oldestMs(row(10, { dead: 2 }))).toBe(7000)
  expect(arrivals.oldestMs(row(14, { dead: 2 }))).toBe(7000)
  expect(arrivals.oldestMs(row(14, { dead: 2, dropped: 1 }))).toBe(3000)
  expect(arrivals.oldestMs(row(20, { dead: 2 }))).toBe(0)
  expect(arrivals.oldestMs({ ...row(0), source: 'nobody knows it' })).toBe(0)
})

test('what was put by before the process began has waited since then at least', async () => {
  const clock = new FakeClock()
  const arrivals = new Arrivals({ clock, ledger: () => [row(10, { spooled: 4 })] })
  await clock.advance(2000)
  expect(arrivals.oldestMs(row(13, { spooled: 1 }))).toBe(2000)
  expect(arrivals.oldestMs(row(14))).toBe(0)
})

test('is never less than the truth, and after hours that nobody asked not much more', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 300, max: 3000 }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      async (seconds, share) => {
        const clock = new FakeClock()
        let done = 0
        const arrivals = new Arrivals({ clock, ledger: () => [row(done)] })
        for (let second = 0; second < seconds; second++) {
          arrivals.came('web', 1)
          await clock.advance(1000)
        }
        done = Math.floor(seconds * share)
        const truth = (seconds - done) * 1000
        const told = arrivals.oldestMs(row(done))
        expect(told).toBeGreaterThanOrEqual(truth)
        expect(told - truth).toBeLessThanOrEqual((seconds * 1000) / 50)
      },
    ),
    { numRuns: 10 },
  )
}, 60_000)
