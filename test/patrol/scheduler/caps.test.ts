import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { many, Stage } from './stage.ts'

/** In which somebody once was called up for a key, waited at another, and left the first to nobody. */
const crowd = (
  [
    ['c d a b', 5, 115, false],
    ['b c', 283, 169, false],
    ['c b', 262, 94, false],
    ['c a', 176, 243, true],
    ['c a', 253, 355, true],
    ['d c', 144, 483, true],
    ['a c d', 274, 128, false],
    ['a b', 352, 190, true],
    ['d c b a', 187, 475, true],
    ['c b d', 371, 485, true],
    ['a c d', 167, 177, true],
    ['c a', 314, 492, false],
    ['d c b', 331, 138, true],
    ['d c', 27, 149, true],
    ['b c d', 268, 249, false],
  ] as const
).map(([caps, takesMs, everyMs, again]) => ({ caps: caps.split(' '), takesMs, everyMs, again }))

describe('caps', () => {
  test('hold no more back than what has their key', async () => {
    const stage = new Stage({ workers: 3 })
    for (const part of many(50, index => ({ id: `db1-${index}`, caps: ['host db1'], hangs: true, everyMs: 60_000 }) as const))
      stage.put(part)
    for (const part of many(20, index => ({ id: `web${index}`, caps: [`host web${index}`], takesMs: 10, everyMs: 1000 })))
      stage.put(part, 1)
    await stage.time.advance(5500)
    for (let index = 0; index < 20; index++) expect(stage.startsOf(`web${index}`)).toHaveLength(6)
    expect(stage.scheduler.load()).toMatchObject({ due: 49, byClass: { P1: { oldestDueMs: 5500 } } })
  })

  test('are asked anew each time, are never below one, and may differ by key', async () => {
    let ofBastion = 0
    const stage = new Stage({ workers: 20, capPerKey: key => (key === 'host bastion' ? ofBastion : 3) })
    const parts = ['bastion', 'web1'].flatMap(host =>
      many(10, index => ({ id: `${host}-${index}`, caps: [`host ${host}`, `host ${host}`], takesMs: 1000, everyMs: 60_000 })),
    )
    for (const part of parts) stage.put(part)
    await stage.time.advance(500)
    expect(stage.running.size).toBe(1 + 3)
    ofBastion = 5
    await stage.time.advance(1000)
    expect(stage.running.size).toBe(5 + 3)
  })

  test('let what is blocked longest go first, a class above counting as two seconds of waiting', async () => {
    const stage = new Stage()
    const queue = { first: ['P2', 0], old: ['P2', 10], shop: ['P0', 3000], late: ['P2', 3500], urgent: ['P0', 4500] } as const
    for (const [id, [sla, dueInMs]] of Object.entries(queue)) stage.put({ id, sla, caps: ['host db1'], takesMs: 8000 }, dueInMs)
    await stage.time.advance(60_000)
    expect(stage.played.map(({ id }) => id)).toEqual(['first', 'shop', 'old', 'urgent', 'late'])
  })

  test('let P2 have its turn at a key that P0 always wants', async () => {
    const stage = new Stage()
    for (const part of many(
      8,
      index => ({ id: `shop${index}`, sla: 'P0', caps: ['host web1'], takesMs: 500, everyMs: 1000 }) as const,
    )) {
      stage.put(part, index(part.id) * 100)
    }
    stage.put({ id: 'disk', sla: 'P2', caps: ['host web1'], takesMs: 100, everyMs: 10_000 }, 3000)
    await stage.time.advance(60_000)
    const starts = stage.startsOf('disk')
    expect(starts.length).toBeGreaterThanOrEqual(3)
    expect(starts[0]).toBeLessThan(15_000)
  })

  test('let a job with several keys have its turn between jobs that each want one of them', async () => {
    const stage = new Stage({ workers: 20 })
    for (const key of ['endpoint shop', 'host web1', 'host web2']) {
      for (const part of many(5, index => ({ id: `${key}-${index}`, caps: [key], takesMs: 300 + 7 * index, everyMs: 500 })))
        stage.put(part)
    }
    stage.put({ id: 'through', caps: ['host web2', 'endpoint shop', 'host web1'], takesMs: 200, everyMs: 5000 }, 2000)
    stage.put({ id: 'back', caps: ['host web1', 'host web2', 'endpoint shop'], takesMs: 200, everyMs: 5000 }, 2000)
    await stage.time.advance(60_000)
    for (const id of ['through', 'back']) expect(stage.startsOf(id).length).toBeGreaterThanOrEqual(6)
  })

  test('are free again when who waited for several keys is removed', async () => {
    const stage = new Stage({ workers: 20 })
    for (const key of ['host a', 'host b']) {
      for (const part of many(4, index => ({ id: `${key}-${index}`, caps: [key], takesMs: 250, everyMs: 500 }))) stage.put(part)
    }
    for (const id of ['x', 'y', 'z']) stage.put({ id, caps: ['host b', 'host a'], takesMs: 100, everyMs: 1000 }, 500)
    for (let step = 0; step < 40; step++) {
      await stage.time.advance(170)
      void stage.scheduler.remove('xyz'[step % 3] ?? '')
      stage.put({ id: 'xyz'[step % 3] ?? '', caps: ['host b', 'host a'], takesMs: 100, everyMs: 1000 }, 100)
    }
    for (const id of ['x', 'y', 'z']) void stage.scheduler.remove(id)
    const before = stage.played.length
    await stage.time.advance(10_000)
    // Both keys are always in use, as before.
    expect(stage.played.length - before).toBeGreaterThanOrEqual(2 * 38)
  })

  test("are never passed and never lost, however jobs with several keys get into each other's way", async () => {
    const part = fc.record({
      caps: fc.uniqueArray(fc.constantFrom<string[]>('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 4 }),
      takesMs: fc.integer({ min: 1, max: 400 }),
      everyMs: fc.integer({ min: 50, max: 500 }),
      again: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 4, maxLength: 20 }), fc.integer({ min: 1, max: 2 }), async (parts, cap) => {
        const stage = new Stage({ workers: 20, capPerKey: cap })
        for (const [index, part] of parts.entries()) stage.put({ id: `job${index}`, ...part })
        for (let step = 0; step < 150; step++) {
          await stage.time.advance(40)
          const taken = [...stage.running.values()].flat()
          for (const key of 'abcd') expect(taken.filter(other => other === key).length).toBeLessThanOrEqual(cap)
          const index = step % parts.length
          const { again = false, ...part } = parts[index] ?? {}
          if (again) stage.put({ id: `job${index}`, ...part }, 5)
        }
        const before = stage.played.length
        await stage.time.advance(30_000)
        const after = new Set(stage.played.slice(before).map(({ id }) => id))
        expect(after.size).toBe(parts.length)
      }),
      // Shrinking would take hours: the contention is the point.
      { numRuns: 200, endOnFailure: true, examples: [[crowd, 1]] },
    )
  }, 120_000)
})

const index = (id: string): number => Number(id.replace(/\D/g, ''))
