import { describe, expect, test } from 'bun:test'
import { spread } from '../../../src/lib/patrol/scheduler/beat.ts'
import type { SlaClass } from '../../../src/lib/probe/index.ts'
import { many, type Part, Stage } from './stage.ts'

const everyMs = 30_000
const classes: readonly SlaClass[] = ['P0', 'P1', 'P1', 'P2', 'P2', 'P2']
const fleet: readonly Part[] = many(600, index => ({
  id: `check${index}`,
  sla: classes[index % 6] ?? 'P1',
  takesMs: 20,
  everyMs,
}))

/** Most starts within any second from such a moment on. */
function mostInASecond(stage: Stage, from: number): number {
  const starts = stage.played.map(({ at }) => at).filter(at => at >= from)
  return Math.max(...starts.map((at, index) => starts.filter((other, place) => place >= index && other < at + 1000).length))
}

describe('after a stall', () => {
  test('nothing bursts: what is overdue is spread at the usual pace, P0 first, and all is done within its interval', async () => {
    const stage = new Stage({ workers: 200, random: Math.random })
    for (const part of fleet) stage.put(part, spread(part.id, everyMs))
    await stage.time.advance(90_000)
    const usual = mostInASecond(stage, 0)
    expect(stage.played).toHaveLength(1800)
    stage.freeze(60_000)
    await stage.time.advance(1000)
    const [stall = 0] = stage.stalls
    expect(stall).toBeWithin(59_000, 60_001)
    const woke = 150_000
    await stage.time.advance(29_000)
    const after = stage.played.filter(({ at }) => at >= woke)
    expect(mostInASecond(stage, woke)).toBeLessThanOrEqual(2 * usual)
    expect(new Set(after.map(({ id }) => id)).size).toBe(600)
    const p0 = after.filter(({ sla }) => sla === 'P0').map(({ at }) => at)
    // 100 of 600, at 20 a second.
    expect(p0.filter(at => at < woke + 5100).length).toBeGreaterThanOrEqual(100)
    // And everything is on its grid again.
    await stage.time.advance(60_000)
    for (const { id } of fleet.slice(0, 50)) {
      // Timers count whole milliseconds.
      expect((stage.startsOf(id).at(-1) ?? 0) % everyMs).toBeWithin(spread(id, everyMs), spread(id, everyMs) + 1)
    }
    expect(stage.scheduler.load().byClass.P0.lag.sumSeconds).toBeLessThan(1)
  })

  test('the owner can tell which looks were under way', async () => {
    const stage = new Stage()
    const seen: boolean[] = []
    const run = async (): Promise<number> => {
      const began = stage.now
      if (seen.length === 1) stage.freeze(10_000)
      seen.push(stage.scheduler.hasStalledSince(began))
      return 1000
    }
    stage.scheduler.put({ id: 'shop', sla: 'P0', caps: [], deadlineMs: 1000, run }, 0, 1000)
    await stage.time.advance(4000)
    expect(seen.slice(0, 3)).toEqual([false, true, false])
    expect(stage.stalls).toHaveLength(1)
  })

  test('runs that were under way have as much time as before', async () => {
    const stage = new Stage()
    stage.put({ id: 'shop', takesMs: 3500, everyMs: 10_000, deadlineMs: 4000 })
    await stage.time.advance(1000)
    stage.freeze(60_000)
    await stage.time.advance(5000)
    expect(stage.played[0]).toMatchObject({ id: 'shop', at: 0, endedAt: 63_500 })
    expect(stage.played[0]?.reason).toBeUndefined()
  })

  test('of less than two seconds everything goes on as if nothing had been', async () => {
    const stage = new Stage()
    stage.put({ id: 'shop', everyMs: 1000 })
    await stage.time.advance(1500)
    stage.freeze(1900)
    await stage.time.advance(2000)
    expect(stage.stalls).toEqual([])
    expect(stage.startsOf('shop')).toEqual([0, 1000, 3900, 5000])
  })
})

describe('after a restart', () => {
  test('what is overdue is spread as well', async () => {
    const stage = new Stage({ workers: 200, random: Math.random })
    for (const part of fleet) stage.put(part, -100_000 + spread(part.id, everyMs))
    stage.scheduler.catchUp()
    await stage.time.advance(everyMs)
    expect(new Set(stage.played.map(({ id }) => id)).size).toBe(600)
    // 20 a second twice, and phases are even by chance only.
    expect(mostInASecond(stage, 0)).toBeLessThanOrEqual(60)
    expect(stage.scheduler.load().byClass.P2.lag.sumSeconds).toBeLessThan(1)
  })

  test('phases are what they were, even, and different for names that are close', () => {
    const phases = many(1000, index => ({ id: `https://shop${index}.example.com/` })).map(({ id }) => spread(id, 100))
    for (let from = 0; from < 100; from += 10) {
      const share = phases.filter(phase => phase >= from && phase < from + 10).length
      expect(share).toBeWithin(70, 131)
    }
    expect(new Set(phases).size).toBe(1000)
    // The same in every version: schedules outlive programs.
    expect(Math.floor(spread('https://shop.example.com/', 30_000))).toBe(3405)
  })
})
