import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { spread } from '../../../src/lib/patrol/scheduler/beat.ts'
import type { Job } from '../../../src/lib/patrol/scheduler/job.ts'
import type { SlaClass } from '../../../src/lib/probe/index.ts'
import { many, type Part, Stage } from './stage.ts'

const classes = ['P0', 'P1', 'P2'] as const

/** More than all workers can do of a class, whatever the others do. */
const flood = (sla: SlaClass, part: Partial<Part> = {}): Part[] =>
  many(200, index => ({ id: `${sla}-${index}`, sla, takesMs: 100, everyMs: 1000, ...part }))

/** Starts of each class as a share of all that began after a second. */
function sharesOf(stage: Stage): Record<SlaClass, number> {
  const counted = stage.played.filter(({ at }) => at >= 1000)
  const share = (sla: SlaClass): number => counted.filter(played => played.sla === sla).length / counted.length
  return { P0: share('P0'), P1: share('P1'), P2: share('P2') }
}

describe('classes', () => {
  test('get their shares of starts when all have more to do than there are workers', async () => {
    const stage = new Stage({ workers: 10, shares: { P0: 5, P1: 3, P2: 2 } })
    for (const part of classes.flatMap(sla => flood(sla))) stage.put(part)
    await stage.time.advance(6000)
    const { P0, P1, P2 } = sharesOf(stage)
    expect(P0).toBeCloseTo(0.5, 1)
    expect(P1).toBeCloseTo(0.3, 1)
    expect(P2).toBeCloseTo(0.2, 1)
  })

  test('leave to the others what they do not use', async () => {
    const stage = new Stage({ workers: 10 })
    for (const part of [...flood('P2'), { id: 'P0-shop', sla: 'P0', takesMs: 100, everyMs: 1000 } as const]) stage.put(part)
    await stage.time.advance(5000)
    // All workers but what is kept free for the two others: one each of ten.
    expect(stage.countOf('P2')).toBeGreaterThan(8 * 10 * 5 * 0.95)
    expect(stage.startsOf('P0-shop')).toHaveLength(6)
  })

  test('with little to do are not held up by others that are saturated and hang', async () => {
    const stage = new Stage({ workers: 40 })
    for (const part of [...flood('P1', { hangs: true }), ...flood('P2', { hangs: true })]) stage.put(part)
    for (const part of many(20, index => ({ id: `shop${index}`, sla: 'P0', takesMs: 40, everyMs: 1000 }))) stage.put(part, 5000)
    await stage.time.advance(60_500)
    const { lag } = stage.scheduler.load().byClass.P0
    expect(lag.count).toBe(20 * 56)
    // Five workers are kept for P0: the last of twenty waits for three runs of 40 ms before it.
    expect(lag.counts.slice(lag.bounds.indexOf(0.25) + 1).reduce((all, count) => all + count)).toBe(0)
  })

  test('find a worker at once though lower classes are saturated and a tenth of all hangs, their own included', async () => {
    const stage = new Stage({ workers: 120, random: Math.random })
    const count = { P0: 450, P1: 1350, P2: 2700 }
    for (const sla of classes) {
      for (const part of many(count[sla], index => ({ id: `${sla}-${index}`, sla, takesMs: 10, everyMs: 30_000 }))) {
        const index = Number(part.id.slice(3))
        stage.put(index % 10 === 7 ? { ...part, hangs: true } : part, spread(part.id, 30_000))
      }
    }
    await stage.time.advance(120_000)
    const { byClass } = stage.scheduler.load()
    expect(byClass.P1.due + byClass.P2.due).toBeGreaterThan(50)
    const { bounds, counts, count: starts } = byClass.P0.lag
    const late = counts.slice(bounds.indexOf(0.1) + 1).reduce((all, count) => all + count)
    expect(late).toBeLessThan(starts / 100)
  }, 60_000)

  test.each(classes)('of which %s hangs until its deadline leave workers to the rest', async hanging => {
    const stage = new Stage({ workers: 10 })
    for (const part of flood(hanging, { hangs: true, deadlineMs: 60_000 })) stage.put(part)
    for (const sla of classes) if (sla !== hanging) stage.put({ id: `${sla}-shop`, sla, takesMs: 100, everyMs: 1000 }, 500)
    await stage.time.advance(20_000)
    for (const sla of classes) if (sla !== hanging) expect(stage.startsOf(`${sla}-shop`)).toHaveLength(20)
  })

  test('always have a worker of their own, whatever hangs of the others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 6, max: 50 }),
        fc.constantFrom<SlaClass[]>(...classes),
        fc.array(fc.nat(60), { minLength: 3, maxLength: 3 }),
        async (workers, alive, hanging) => {
          const stage = new Stage({ workers })
          for (const [index, sla] of classes.entries()) {
            if (sla === alive) continue
            const hung = flood(sla, { hangs: true, deadlineMs: 600_000 }).slice(0, hanging[index])
            for (const [turn, part] of hung.entries()) stage.put(part, (turn * 37) % 1000)
          }
          stage.put({ id: 'shop', sla: alive, takesMs: 100, everyMs: 1000 }, 1500)
          await stage.time.advance(20_000)
          expect(stage.startsOf('shop')).toHaveLength(19)
        },
      ),
      { numRuns: 200 },
    )
  }, 60_000)

  test('get at least their share of starts in every stretch in which they have something due', async () => {
    const load = fc.record({
      sla: fc.constantFrom<SlaClass[]>('P0', 'P1', 'P2'),
      count: fc.integer({ min: 1, max: 60 }),
      fromMs: fc.integer({ min: 0, max: 3000 }),
      everyMs: fc.integer({ min: 50, max: 1000 }),
    })
    const shares = { P0: 0.5, P1: 0.3, P2: 0.2 }
    await fc.assert(
      fc.asyncProperty(fc.array(load, { minLength: 2, maxLength: 6 }), async loads => {
        // Starts since each class last had nothing due, and its own among them.
        const all = { P0: 0, P1: 0, P2: 0 }
        const own = { P0: 0, P1: 0, P2: 0 }
        const onLag = (job: Job): void => {
          const { byClass } = stage.scheduler.load()
          for (const sla of classes) {
            const isOwn = job.sla === sla
            const isDue = isOwn || byClass[sla].due > 0
            all[sla] = isDue ? all[sla] + 1 : 0
            own[sla] = isDue ? own[sla] + (isOwn ? 1 : 0) : 0
            if (all[sla] * shares[sla] - own[sla] >= 2) stage.broken.push(`${sla} had ${own[sla]} of ${all[sla]}`)
          }
        }
        const stage: Stage = new Stage({ workers: 5, shares, onLag })
        for (const [number, { sla, count, fromMs, everyMs }] of loads.entries()) {
          for (const part of many(count, index => ({ id: `${number}-${index}`, sla, takesMs: 20, everyMs })))
            stage.put(part, fromMs)
        }
        await stage.time.advance(4000)
        expect(stage.broken).toEqual([])
      }),
      { numRuns: 100 },
    )
  }, 120_000)

  test('with fewer workers than six still take turns', async () => {
    for (const workers of [1, 2, 5]) {
      const stage = new Stage({ workers })
      for (const part of classes.flatMap(sla => flood(sla))) stage.put(part)
      await stage.time.advance(10_000)
      for (const sla of classes) expect(stage.countOf(sla)).toBeGreaterThanOrEqual(workers * 100 * 0.18)
    }
  })
})
