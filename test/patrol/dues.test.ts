import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Sampling } from '../../src/lib/core/check.ts'
import { Dues } from '../../src/lib/patrol/dues.ts'
import type { SlaClass } from '../../src/lib/probe/index.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { Patrolled } from './patrolled.ts'

const seconds = [2, 5, 10, 15, 20, 30, 60, 300, 3600]
const classes = ['P0', 'P1', 'P2'] as const

function sampled(intervalMs: number): Sampling {
  return { dimension: 'status', intervalMs, timeoutMs: 1000, retries: 0, failures: 1, of: 1 }
}

/** Moments of looks that begin when they are due, and so much later as is said for each. */
function looks(
  dues: Dues,
  { count, lateMs = () => 0 }: { readonly count: number; readonly lateMs?: (index: number) => number },
): number[] {
  return Array.from({ length: count }, (_, index) => {
    const startedAt = dues.earliest + lateMs(index)
    dues.planNext(['status'], { startedAt, unconfirmed: [] })
    return startedAt
  })
}

const gapsOf = (moments: readonly number[]): number[] => moments.slice(1).map((at, index) => at - (moments[index] ?? 0))

const checks = fc.record({
  now: fc.integer({ min: 0, max: 7_200_000 }),
  intervalMs: fc.constantFrom(...seconds.map(each => each * 1000)),
  sla: fc.constantFrom<SlaClass>(...classes),
  groupId: fc.constantFrom('shop', 'web1/disk /', 'https://pay.example.com/health', 'big-1732'),
})

describe('what is due again and again', () => {
  test('is due first within its interval and never later than that after a look, whenever the patrol begins', () => {
    fc.assert(
      fc.property(checks, ({ now, intervalMs, sla, groupId }) => {
        const dues = new Dues({ sampling: [sampled(intervalMs)], groupId, sla }, { now, isUrgent: false })
        expect(dues.earliest - now).toBeWithin(0, intervalMs + 1)
        const gaps = gapsOf(looks(dues, { count: 8 }))
        for (const gap of gaps) expect(gap).toBeWithin(intervalMs / 2 - 1, intervalMs + 1)
        for (const gap of gaps.slice(2)) expect(gap).toBeCloseTo(intervalMs, 3)
      }),
    )
  })

  test('keeps its beat when looks are late, and leaves one out that would follow too soon', () => {
    fc.assert(
      fc.property(
        checks,
        fc.array(fc.double({ min: 0, max: 1.5, noNaN: true }), { minLength: 5, maxLength: 5 }),
        (check, late) => {
          const { now, intervalMs, sla, groupId } = check
          const dues = new Dues({ sampling: [sampled(intervalMs)], groupId, sla }, { now, isUrgent: false })
          const [, , onBeat = 0] = looks(dues, { count: 3 })
          for (const share of late) {
            const [startedAt = 0] = looks(dues, { count: 1, lateMs: () => share * intervalMs })
            const beats = (dues.earliest - onBeat) / intervalMs
            expect(Math.abs(beats - Math.round(beats))).toBeLessThan(1e-6)
            expect(dues.earliest - startedAt).toBeWithin(intervalMs / 2 - 1, 1.5 * intervalMs)
          }
        },
      ),
    )
  })

  test('goes on with the beat of the last process', () => {
    const first = new Dues({ sampling: [sampled(30_000)], groupId: 'shop', sla: 'P2' }, { now: 1234, isUrgent: false })
    const [, second = 0] = looks(first, { count: 2 })
    // It ends five seconds later; the clock of the next process begins at 40.
    const kept = first.shifted(40 - (second + 5000))
    const next = new Dues({ sampling: [sampled(30_000)], groupId: 'shop', sla: 'P2' }, { now: 40, kept, isUrgent: false })
    expect(looks(next, { count: 3 }).map(at => Math.round(at - 40))).toEqual([25_000, 55_000, 85_000])
  })

  test('is due soon when it is urgent, or was planned further away than its interval', () => {
    for (const [kept, isUrgent] of [
      [{ status: 20_000 }, true],
      [{ status: 3_600_000 }, false],
      [{ status: -3_600_000 }, false],
    ] as const) {
      const dues = new Dues({ sampling: [sampled(60_000)], groupId: 'shop', sla: 'P0' }, { now: 0, kept, isUrgent })
      expect(dues.earliest).toBeWithin(0, 5000)
    }
  })

  test('of another interval than before is due when it was, then on its new beat', () => {
    const before = new Dues({ sampling: [sampled(20_000)], groupId: 'shop', sla: 'P1' }, { now: 500, isUrgent: false })
    const [, lookedAt = 0] = looks(before, { count: 2 })
    const due = before.earliest
    const known = { dues: before, lookedAt }
    const after = new Dues(
      { sampling: [sampled(30_000)], groupId: 'shop', sla: 'P1' },
      { now: lookedAt + 1, known, isUrgent: false },
    )
    const moments = looks(after, { count: 6 })
    expect(moments[0]).toBe(due)
    for (const gap of gapsOf(moments)) expect(gap).toBeWithin(15_000 - 1, 30_000 + 1)
  })
})

describe('a patrol of many checks', () => {
  test.each([0, 2100, 9000, 14_000, 19_500])(
    'that begins at %d ms is at none of them later than its interval',
    async beginsMs => {
      await using dir = await tempDir()
      const clock = new FakeClock()
      await clock.advance(beginsMs)
      await using patrolled = new Patrolled(dir.path, clock)
      const wanted = seconds.slice(0, 7).flatMap(interval => classes.map(sla => ({ intervalMs: interval * 1000, sla })))
      const all = wanted.flatMap(each => [1, 2, 3].map(index => ({ ...each, name: `${each.sla}-${each.intervalMs}-${index}` })))
      patrolled.patrol.apply(all.map(({ name, ...asked }) => patrolled.check(name, asked)))
      await clock.advance(200_000)
      const moments = Map.groupBy(patrolled.looks, ({ name }) => name)
      const faults = all.flatMap(({ name, intervalMs }) => {
        const at = [beginsMs, ...(moments.get(name) ?? []).map(look => look.at), beginsMs + 200_000]
        const [most, least] = [Math.max(...gapsOf(at)), Math.min(...gapsOf(at.slice(1, -1)))]
        return most > intervalMs + 1 || least < intervalMs / 2 - 1 ? [`${name}: ${least} to ${most} ms`] : []
      })
      expect(faults).toEqual([])
    },
  )

  test('that is restarted again and again keeps the beat of each', async () => {
    await using dir = await tempDir()
    const looked: { readonly name: string; readonly at: number }[] = []
    const names = ['db', 'web', 'mail', 'dns']
    let clock = new FakeClock()
    const began = clock.now()
    for (const lastsMs of [95_000, 33_000, 71_000, 8000, 200_000]) {
      const patrolled = new Patrolled(dir.path, clock)
      patrolled.patrol.apply(names.map(name => patrolled.check(name, { intervalMs: 30_000 })))
      await clock.advance(lastsMs)
      looked.push(...patrolled.looks.map(({ name, at }) => ({ name, at: clock.startMs + at - began })))
      await patrolled[Symbol.asyncDispose]()
      clock = new FakeClock(clock.now() + 1000)
    }
    const moments = Map.groupBy(looked, ({ name }) => name)
    for (const name of names) {
      const at = (moments.get(name) ?? []).map(look => look.at)
      const beats = [...at.slice(2, 4), ...at.slice(-4)].map(moment => Math.round((moment % 30_000) / 20))
      expect([name, new Set(beats).size]).toEqual([name, 1])
      // What was due while nothing ran may be caught up a little later.
      expect(gapsOf(at).filter(gap => gap > 32_000)).toEqual([])
    }
  })
})
