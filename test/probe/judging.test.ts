import { describe, expect, test } from 'bun:test'
import type { CheckJudgement, Sampling } from '../../src/lib/core/check.ts'
import type { Verdict } from '../../src/lib/core/item.ts'
import { Judging } from '../../src/lib/probe/judging.ts'

const sampling = (more: Partial<Sampling> = {}): Sampling => ({
  dimension: 'http_status',
  intervalMs: 10_000,
  timeoutMs: 3000,
  retries: 0,
  failures: 1,
  of: 1,
  ...more,
})

/** Looks until everything is decided; the verdicts of the looks are used up in order. */
function judge(looks: readonly Verdict[], more: Partial<Sampling>) {
  const judging = new Judging([sampling(more)])
  const rest = [...looks]
  for (let verdict = rest.shift(); verdict; verdict = rest.shift()) {
    if (judging.add({ verdict, message: `look ${judging.looks + 1}` })) break
  }
  return { verdict: judging.result?.verdict, looks: judging.looks, message: judging.result?.message }
}

describe('one dimension', () => {
  const cases: readonly { looks: Verdict[]; sampling: Partial<Sampling>; verdict: Verdict; after: number; does: string }[] = [
    { does: 'is decided by one good look', looks: ['pass', 'fail'], sampling: { retries: 3 }, verdict: 'pass', after: 1 },
    { does: 'is bad after one bad look without retries', looks: ['fail', 'pass'], sampling: {}, verdict: 'fail', after: 1 },
    {
      does: 'is cleared by a good look among its retries',
      looks: ['fail', 'pass'],
      sampling: { retries: 1 },
      verdict: 'pass',
      after: 2,
    },
    {
      does: 'is bad when all retries are',
      looks: ['fail', 'unknown', 'fail'],
      sampling: { retries: 2 },
      verdict: 'fail',
      after: 3,
    },
    { does: 'counts what could not be seen as bad', looks: ['unknown'], sampling: {}, verdict: 'unknown', after: 1 },
    { does: 'takes a warning for no failure', looks: ['warn', 'pass'], sampling: { retries: 2 }, verdict: 'warn', after: 1 },
    {
      does: 'is bad once 2 of 3 are',
      looks: ['fail', 'pass', 'fail', 'pass'],
      sampling: { failures: 2, of: 3 },
      verdict: 'fail',
      after: 3,
    },
    {
      does: 'is bad early when 2 of 5 are',
      looks: ['fail', 'fail', 'pass'],
      sampling: { failures: 2, of: 5 },
      verdict: 'fail',
      after: 2,
    },
    {
      does: 'is good once 2 of 3 can not be bad any more',
      looks: ['pass', 'fail', 'pass'],
      sampling: { failures: 2, of: 3 },
      verdict: 'pass',
      after: 3,
    },
  ]
  test.each(cases.map(each => [each.does, each] as const))('%s', (_, { looks, sampling: more, verdict, after }) => {
    expect(judge(looks, more)).toMatchObject({ verdict, looks: after })
  })

  test('tells how many looks were bad', () => {
    expect(judge(['fail', 'pass', 'fail'], { failures: 2, of: 3 }).message).toBe('look 3 (2 of 3 looks)')
  })
})

test('dimensions of one look are decided each by itself, and the worst speaks for all', () => {
  const judging = new Judging([sampling({ retries: 2 }), sampling({ dimension: 'latency' })])
  const look = (status: Verdict, latency: Verdict): readonly CheckJudgement[] => [
    {
      dimension: 'http_status',
      verdict: status,
      message: `status ${status}`,
      ...(status === 'fail' && { reason: 'status' as const }),
    },
    {
      dimension: 'latency',
      verdict: latency,
      message: `latency ${latency}`,
      ...(latency === 'fail' && { reason: 'slow' as const }),
    },
  ]
  expect(judging.add({ verdict: 'fail', message: 'status fail', reason: 'status', judgements: look('fail', 'fail') })).toBe(false)
  expect(judging.add({ verdict: 'pass', message: 'status pass', judgements: look('pass', 'pass') })).toBe(true)
  expect(judging.result).toMatchObject({ verdict: 'fail', reason: 'slow', message: 'latency fail' })
  expect(judging.result?.judgements?.map(({ verdict }) => verdict)).toEqual(['pass', 'fail'])
})

test('a look that was judged in no way at all counts for every dimension', () => {
  const judging = new Judging([sampling({ retries: 1 }), sampling({ dimension: 'latency' })])
  const lost = { verdict: 'unknown', reason: 'unreachable', message: 'web1: connection refused' } as const
  expect([judging.add(lost), judging.add(lost)]).toEqual([false, true])
  expect(judging.result).toMatchObject(lost)
  expect(judging.result?.judgements?.map(({ dimension }) => dimension)).toEqual(['http_status', 'latency'])
})

test('figures of one dimension are not told as those of another', () => {
  const judging = new Judging([sampling(), sampling({ dimension: 'latency' })])
  const judgements: readonly CheckJudgement[] = [
    { dimension: 'http_status', verdict: 'pass', message: 'fine', metrics: { status_code: 200 } },
    { dimension: 'latency', verdict: 'warn', message: 'slow', metrics: { latency_seconds: 0.4 } },
  ]
  judging.add({ verdict: 'warn', message: 'slow', metrics: { total_seconds: 0.4 }, judgements })
  expect(judging.result?.metrics).toEqual({ total_seconds: 0.4 })
  expect(judging.result?.judgements).toEqual(judgements)
})
