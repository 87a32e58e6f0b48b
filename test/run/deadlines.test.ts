import { expect, test } from 'bun:test'
import { Deadlines } from '../../src/lib/run/deadlines.ts'
import { FakeClock } from '../helpers/fake-clock.ts'

function setUp(ms = 5000) {
  const clock = new FakeClock()
  const outer = new AbortController()
  const deadlines = new Deadlines(clock, { ms, signal: outer.signal, reason: () => new Error(`no answer within ${ms} ms`) })
  return { clock, outer, deadlines }
}

test('a task alone is ended at its very deadline, with the reason that was given', async () => {
  const { clock, deadlines } = setUp()
  using deadline = deadlines.begin()
  await clock.advance(4999)
  expect(deadline.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(deadline.signal.reason).toEqual(new Error('no answer within 5000 ms'))
  expect(clock.timers).toBe(0)
})

test('tasks that begin together share one signal, and none is ended early', async () => {
  const { clock, deadlines } = setUp()
  using first = deadlines.begin()
  await clock.advance(8)
  using second = deadlines.begin()
  expect(second.signal).toBe(first.signal)
  expect(clock.timers).toBe(1)
  await clock.advance(4999)
  expect(second.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(first.signal.aborted).toBe(true)
})

test('one that begins later has its own signal', async () => {
  const { clock, deadlines } = setUp()
  using first = deadlines.begin()
  await clock.advance(11)
  using second = deadlines.begin()
  await clock.advance(4989)
  expect([first.signal.aborted, second.signal.aborted]).toEqual([true, false])
  await clock.advance(11)
  expect(second.signal.aborted).toBe(true)
})

test('nothing is left behind by tasks that are done, and the next one begins anew', async () => {
  const { clock, outer, deadlines } = setUp()
  const [first, second] = [deadlines.begin(), deadlines.begin()]
  first[Symbol.dispose]()
  expect(clock.timers).toBe(1)
  second[Symbol.dispose]()
  expect(clock.timers).toBe(0)
  using third = deadlines.begin()
  expect(third.signal).not.toBe(first.signal)
  outer.abort(new Error('interrupted'))
  expect([first.signal.aborted, third.signal.aborted]).toEqual([false, true])
})

test('the outer signal ends all with its reason, also those that begin after it', () => {
  const { clock, outer, deadlines } = setUp()
  using first = deadlines.begin()
  outer.abort(new Error('interrupted'))
  using second = deadlines.begin()
  for (const { signal } of [first, second]) expect(signal.reason).toEqual(new Error('interrupted'))
  expect(clock.timers).toBe(0)
})

test('no limit is no limit', async () => {
  const { clock, deadlines } = setUp(0)
  using deadline = deadlines.begin()
  await clock.advance(86_400_000)
  expect(deadline.signal.aborted).toBe(false)
})
