import { expect, test } from 'bun:test'
import { DearLook } from '../../../src/lib/logs/serve/dear-look.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'

test('is made once for all who ask meanwhile, and kept for fifty times as long as it took', async () => {
  const clock = new FakeClock()
  let looks = 0
  const look = new DearLook(clock, async () => {
    await new Promise<void>(resolve => clock.timer(100, resolve))
    return ++looks
  })
  const first = [look.get(), look.get()]
  await clock.advance(100)
  expect(await Promise.all(first)).toEqual([1, 1])
  await clock.advance(4999)
  expect(await look.get()).toBe(1)
  await clock.advance(1)
  const second = look.get()
  await clock.advance(100)
  expect(await second).toBe(2)
})

test('is made again each time where it costs nothing, and where it failed', async () => {
  const clock = new FakeClock()
  let looks = 0
  const look = new DearLook(clock, async () => {
    if (++looks === 2) throw new Error('the disk is away')
    return looks
  })
  expect(await look.get()).toBe(1)
  await expect(look.get()).rejects.toThrow('the disk is away')
  expect(await look.get()).toBe(3)
})
