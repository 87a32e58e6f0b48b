import { expect, test } from 'bun:test'
import { RegularCollection } from '../../src/lib/patrol/regular-collection.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { Patrolled } from './patrolled.ts'

test('memory is freed every ten seconds while there are many looks, never for a few, and not after the end', async () => {
  await using dir = await tempDir()
  const clock = new FakeClock()
  await using patrolled = new Patrolled(dir.path, clock)
  const { patrol, scheduler } = patrolled
  let collections = 0
  const checks = (count: number) =>
    Array.from({ length: count }, (_, index) => patrolled.check(`shop${index}`, { intervalMs: 2000 }))
  {
    using _ = new RegularCollection({ clock, collectGarbage: () => collections++ }, scheduler)
    patrol.apply(checks(2))
    await clock.advance(60_000)
    expect([collections, patrolled.looks.length < 100]).toEqual([0, true])
    patrol.apply(checks(250))
    await clock.advance(60_000)
    expect(patrolled.looks.length).toBeGreaterThan(5000)
    expect(collections).toBeGreaterThan(3)
    expect(collections).toBeLessThan(7)
  }
  const before = collections
  await clock.advance(30_000)
  expect(collections).toBe(before)
}, 60_000)
