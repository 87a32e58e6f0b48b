import { expect, test } from 'bun:test'
import { KeepAlive } from '../../src/lib/transport/keep-alive.ts'
import { FakeClock } from '../helpers/fake-clock.ts'

function watch(intervalMs: number) {
  const clock = new FakeClock()
  const told: string[] = []
  const keepAlive = new KeepAlive({
    clock,
    intervalMs,
    countMax: 3,
    ping: () => told.push('ping'),
    onSilence: () => told.push('silence'),
  })
  return { clock, told, keepAlive }
}

test('a host that answers is asked again and again', async () => {
  const { clock, told, keepAlive } = watch(15_000)
  for (let count = 0; count < 10; count++) {
    await clock.advance(15_000)
    keepAlive.heard()
  }
  expect(told).toEqual(Array.from({ length: 10 }, () => 'ping'))
})

test('a host that does not answer three messages is given up after the fourth interval', async () => {
  const { clock, told } = watch(15_000)
  await clock.advance(59_999)
  expect(told).toEqual(['ping', 'ping', 'ping'])
  await clock.advance(1)
  expect(told).toEqual(['ping', 'ping', 'ping', 'silence'])
  expect(clock.timers).toBe(0)
})

test('an interval of 0 asks nothing, and the end takes the timer back', async () => {
  expect(watch(0).clock.timers).toBe(0)
  const { clock, keepAlive } = watch(1000)
  keepAlive[Symbol.dispose]()
  expect(clock.timers).toBe(0)
})
