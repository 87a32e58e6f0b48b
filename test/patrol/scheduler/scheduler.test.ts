import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { OpsError } from '../../../src/lib/core/errors.ts'
import type { Job } from '../../../src/lib/patrol/scheduler/job.ts'
import type { SlaClass } from '../../../src/lib/probe/index.ts'
import { many, Stage } from './stage.ts'

describe('a job', () => {
  test('runs when it is due and then on its grid, whatever its runs take', async () => {
    const stage = new Stage()
    stage.put({ id: 'shop', takesMs: 700, everyMs: 1000 }, 250)
    await stage.time.advance(4000)
    expect(stage.startsOf('shop')).toEqual([250, 1250, 2250, 3250])
  })

  test('skips the beats that its run takes', async () => {
    const stage = new Stage()
    stage.put({ id: 'report', takesMs: 2300, everyMs: 1000 })
    await stage.time.advance(7000)
    expect(stage.startsOf('report')).toEqual([0, 3000, 6000])
  })

  test('goes back to its grid after a late start, and never starts twice within half of its time', async () => {
    const stage = new Stage({ workers: 1 })
    stage.put({ id: 'backup', takesMs: 2700, everyMs: undefined }, 900)
    stage.put({ id: 'shop', everyMs: 1000 }, 0)
    await stage.time.advance(6000)
    // Held up from 1000 to 3600: the beat at 4000 would follow too soon.
    expect(stage.startsOf('shop')).toEqual([0, 3600, 5000, 6000])
  })

  test('is due as its run says, from the start of that, when it says something else than before', async () => {
    const stage = new Stage({ workers: 1 })
    const starts: number[] = []
    const run = async (): Promise<number> => {
      starts.push(stage.now)
      return 10_000 - (stage.now % 10_000)
    }
    stage.put({ id: 'backup', takesMs: 3000, everyMs: undefined }, 19_000)
    stage.scheduler.put({ id: 'shop', sla: 'P1', caps: [], deadlineMs: 1000, run }, 4000, 10_000)
    await stage.time.advance(50_000)
    expect(starts).toEqual([4000, 10_000, 22_000, 30_000, 40_000, 50_000])
  })

  test('is gone when it says never again', async () => {
    const stage = new Stage()
    stage.put({ id: 'once' })
    expect(stage.scheduler.has('once')).toBe(true)
    await stage.time.advance(10)
    expect(stage.scheduler.has('once')).toBe(false)
    expect(stage.time.timers).toBe(0)
  })

  test('is logged when it throws or asks for nonsense, and is due again as before', async () => {
    const stage = new Stage()
    const runs = { bug: 0, nonsense: 0 }
    const job = (id: keyof typeof runs, run: () => Promise<number>): Job => {
      const count = (): Promise<number> => {
        runs[id]++
        return run()
      }
      return { id, sla: 'P1', caps: ['host db1'], deadlineMs: 1000, run: count }
    }
    stage.scheduler.put(
      job('bug', () => {
        throw new Error('undefined is not a function')
      }),
      0,
      500,
    )
    stage.scheduler.put(
      job('nonsense', async () => Number.NaN),
      0,
      500,
    )
    await stage.time.advance(1200)
    expect(runs).toEqual({ bug: 3, nonsense: 3 })
    expect(stage.logged.filter(([level]) => level === 'error')).toHaveLength(6)
  })

  test('runs before its time when it is woken, and keeps its grid', async () => {
    const stage = new Stage()
    stage.put({ id: 'shop', everyMs: 10_000 }, 10_000)
    await stage.time.advance(2000)
    stage.scheduler.wake('shop')
    stage.scheduler.wake('shop')
    stage.scheduler.wake('nobody')
    await stage.time.advance(20_000)
    expect(stage.startsOf('shop')).toEqual([2000, 10_000, 20_000])
  })

  test('runs once more after a run in which it was woken', async () => {
    const stage = new Stage()
    stage.put({ id: 'shop', takesMs: 1000, everyMs: 10_000 })
    await stage.time.advance(500)
    stage.scheduler.wake('shop')
    stage.scheduler.wake('shop')
    await stage.time.advance(15_000)
    expect(stage.startsOf('shop')).toEqual([0, 1000, 10_000])
  })

  test('is replaced while it runs: the run goes on, the new one is due as it was put', async () => {
    const stage = new Stage()
    stage.put({ id: 'shop', sla: 'P2', caps: ['host web1'], takesMs: 3000, everyMs: 1000 })
    await stage.time.advance(1000)
    stage.put({ id: 'shop', sla: 'P0', caps: ['host web2'], everyMs: 5000 }, 4000)
    await stage.time.advance(10_000)
    expect(stage.played.map(({ at, sla, reason }) => [at, sla, reason])).toEqual([
      [0, 'P2', undefined],
      [5000, 'P0', undefined],
      [10_000, 'P0', undefined],
    ])
    expect(stage.scheduler.load()).toMatchObject({ running: 0, due: 0, waiting: 1 })
  })

  test('is aborted when it is removed, and its removal waits for the end of the run', async () => {
    const stage = new Stage()
    stage.put({ id: 'shop', hangs: true, everyMs: 1000 })
    await stage.time.advance(100)
    let removed = false
    void stage.scheduler.remove('shop').then(() => (removed = true))
    expect(stage.scheduler.has('shop')).toBe(false)
    await stage.time.advance(0)
    expect(removed).toBe(true)
    expect(stage.played[0]?.reason).toMatchObject({ code: 'E_INTERRUPTED' })
    await stage.time.advance(5000)
    expect(stage.startsOf('shop')).toEqual([0])
  })

  test('that is removed and put again runs after the aborted run has ended', async () => {
    const stage = new Stage()
    stage.put({ id: 'shop', hangs: true, everyMs: 1000 })
    await stage.time.advance(100)
    const removed = stage.scheduler.remove('shop')
    stage.put({ id: 'shop', everyMs: 1000 }, 300)
    await removed
    await stage.time.advance(1000)
    expect(stage.startsOf('shop')).toEqual([0, 400])
    expect(stage.broken).toEqual([])
  })

  test('is not moved by whoever sets the clock on the wall', async () => {
    const stage = new Stage()
    stage.put({ id: 'shop', everyMs: 1000 })
    for (const hours of [1, -2, 5]) {
      await stage.time.advance(1000)
      stage.setWall(hours * 3_600_000)
    }
    await stage.time.advance(500)
    expect(stage.startsOf('shop')).toEqual([0, 1000, 2000, 3000])
    expect(stage.stalls).toEqual([])
  })
})

describe('a run past its deadline', () => {
  test('is aborted with a reason, and comes again on its grid', async () => {
    const stage = new Stage()
    stage.put({ id: 'db', hangs: true, everyMs: 3000, deadlineMs: 2000 })
    await stage.time.advance(4000)
    expect(stage.played.map(({ at, endedAt }) => [at, endedAt])).toEqual([
      [0, 2000],
      [3000, undefined],
    ])
    const { reason } = stage.played[0] ?? {}
    expect(reason).toBeInstanceOf(OpsError)
    expect(reason).toMatchObject({ code: 'E_DEADLINE', message: 'db did not end within 2000 ms' })
    expect(stage.scheduler.load().byClass.P1.aborted).toBe(1)
  })

  test('gives its worker and its keys back when even that does not end it, and is told', async () => {
    const stage = new Stage({ workers: 1 })
    stage.put({ id: 'stuck', hangs: 'for ever', caps: ['host db1'], everyMs: 1000, deadlineMs: 2000 })
    stage.put({ id: 'shop', caps: ['host db1'], everyMs: 1000 }, 10)
    await stage.time.advance(6500)
    // 2 s until the deadline, 2 s of grace.
    expect(stage.startsOf('shop')).toEqual([4000, 5010, 6010])
    expect(stage.startsOf('stuck')).toEqual([0])
    expect(stage.scheduler.load()).toMatchObject({ abandoned: 1, running: 0, byClass: { P1: { abandoned: 1, aborted: 1 } } })
    expect(stage.logged).toEqual([['error', 'a run did not end though it was aborted: given up']])
    await stage.scheduler.remove('stuck')
    expect(stage.scheduler.has('stuck')).toBe(false)
  })

  test('is not abandoned without bound: as many as there are workers', async () => {
    const stage = new Stage({ workers: 3, capPerKey: 100 })
    for (const part of many(10, index => ({ id: `stuck${index}`, hangs: 'for ever', everyMs: 1000, deadlineMs: 1000 })))
      stage.put(part)
    await stage.time.advance(60_000)
    expect(stage.scheduler.load()).toMatchObject({ abandoned: 3, running: 3 })
    expect(stage.played).toHaveLength(6)
  })

  test('that was abandoned and ends after all is scheduled again', async () => {
    const stage = new Stage()
    const end = Promise.withResolvers<number>()
    let runs = 0
    const run = (): Promise<number> => (++runs === 1 ? end.promise : Promise.resolve(1000))
    stage.scheduler.put({ id: 'slow', sla: 'P0', caps: [], deadlineMs: 1000, run }, 0, 1000)
    await stage.time.advance(5500)
    expect(stage.scheduler.load().abandoned).toBe(1)
    end.resolve(1000)
    await stage.time.advance(1000)
    expect(runs).toBe(2)
    expect(stage.scheduler.load()).toMatchObject({ abandoned: 0, running: 0 })
  })
})

describe('drain', () => {
  test('starts nothing more and waits for what runs', async () => {
    const stage = new Stage({ workers: 1 })
    stage.put({ id: 'a', takesMs: 500, everyMs: 1000 })
    stage.put({ id: 'b', takesMs: 500, everyMs: 1000 }, 1)
    await stage.time.advance(100)
    let drained = false
    void stage.scheduler.drain(1000).then(() => (drained = true))
    await stage.time.advance(300)
    expect(drained).toBe(false)
    await stage.time.advance(5000)
    expect(drained).toBe(true)
    expect(stage.played.map(({ id, endedAt, reason }) => [id, endedAt, reason])).toEqual([['a', 500, undefined]])
    expect(stage.time.timers).toBe(0)
  })

  test('aborts what does not end in time, and gives up what does not end at all', async () => {
    const stage = new Stage()
    stage.put({ id: 'hangs', hangs: true })
    stage.put({ id: 'stuck', hangs: 'for ever' })
    await stage.time.advance(100)
    let drained = false
    void stage.scheduler.drain(1000).then(() => (drained = true))
    await stage.time.advance(1000)
    expect(stage.played[0]?.reason).toMatchObject({ code: 'E_INTERRUPTED' })
    expect(drained).toBe(false)
    await stage.time.advance(2000)
    expect(drained).toBe(true)
  })

  test('is what disposing does, without patience', async () => {
    const stage = new Stage()
    {
      await using scheduler = stage.scheduler
      scheduler.put(stage.job({ id: 'hangs', hangs: true }), 0)
      await stage.time.advance(100)
    }
    expect(stage.played[0]?.endedAt).toBe(100)
  })
})

describe('whatever is put, woken and removed in whatever order', () => {
  const part = fc.record({
    id: fc.integer({ min: 0, max: 11 }).map(number => `job${number}`),
    sla: fc.constantFrom<SlaClass[]>('P0', 'P1', 'P2'),
    caps: fc.uniqueArray(fc.constantFrom('host a', 'host b', 'endpoint x'), { maxLength: 3 }),
    takesMs: fc.integer({ min: 0, max: 900 }),
    everyMs: fc.option(fc.integer({ min: 100, max: 3000 }), { nil: undefined }),
    deadlineMs: fc.integer({ min: 200, max: 800 }),
  })
  const deed = fc.oneof(
    fc.record({ put: part, dueInMs: fc.integer({ min: -500, max: 2000 }) }),
    fc.record({ remove: fc.integer({ min: 0, max: 11 }).map(number => `job${number}`) }),
    fc.record({ wake: fc.integer({ min: 0, max: 11 }).map(number => `job${number}`) }),
    fc.record({ advance: fc.integer({ min: 0, max: 1500 }) }),
    fc.record({ freeze: fc.integer({ min: 0, max: 8000 }) }),
  )

  test('no id runs twice at once, no cap and no number of workers is passed, and in the end everything has run', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(deed, { minLength: 5, maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        async (deeds, workers) => {
          const stage = new Stage({ workers, capPerKey: 2 })
          const after = new Map<string, number>()
          const look = (): void => {
            if (stage.running.size > workers) stage.broken.push(`${stage.running.size} run`)
            const keys = [...stage.running.values()].flat()
            for (const key of new Set(keys))
              if (keys.filter(other => other === key).length > 2) stage.broken.push(`too many: ${key}`)
          }
          for (const deed of deeds) {
            if ('put' in deed) {
              stage.put(deed.put, deed.dueInMs)
              after.set(deed.put.id, stage.played.length)
            } else if ('remove' in deed) {
              void stage.scheduler.remove(deed.remove)
              after.delete(deed.remove)
            } else if ('wake' in deed) stage.scheduler.wake(deed.wake)
            else if ('freeze' in deed) stage.freeze(deed.freeze)
            else await stage.time.advance(deed.advance)
            look()
          }
          for (let step = 0; step < 120; step++) {
            await stage.time.advance(250)
            look()
          }
          expect(stage.broken).toEqual([])
          for (const [id, from] of after) expect(stage.played.slice(from).map(played => played.id)).toContain(id)
          await stage.scheduler.drain(0)
          expect(stage.scheduler.load()).toMatchObject({ running: 0, abandoned: 0 })
        },
      ),
      { numRuns: 60 },
    )
  }, 120_000)
})
