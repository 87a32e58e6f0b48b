import { describe, expect, test } from 'bun:test'
import { parseFigureCondition } from '../../../src/lib/core/expression.ts'
import { figureNames } from '../../../src/lib/drill/verifier/figures.ts'
import { measure } from '../../../src/lib/drill/verifier/measure.ts'
import { judgeObjective } from '../../../src/lib/drill/verifier/objective.ts'
import { Sampler } from '../../../src/lib/drill/verifier/sampler.ts'
import { type Moments, type Sample, Series } from '../../../src/lib/drill/verifier/series.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'

/** Samples every 100 ms from 0 on, each answered after 2 ms; `o` succeeds, `x` fails, `?` is lost, a blank is missing. */
function seriesOf(pattern: string, name = 'write'): Series {
  const series = new Series({ name, everyMs: 100 })
  for (const [index, letter] of [...pattern].entries()) {
    const outcome = ({ o: 'ok', x: 'failed', '?': 'lost' } as const)[letter]
    if (outcome) series.add({ startMs: index * 100, endMs: index * 100 + 2, outcome })
  }
  return series
}

const judge = (text: string, series: Series, moments: Moments) =>
  judgeObjective(parseFigureCondition(text, figureNames), [series], moments)

describe('an objective', () => {
  /** Broken at 1 s, first success exactly `seconds` later, healed at 60 s. */
  const recoveredAfter = (seconds: number): Series => {
    const series = new Series({ name: 'write', everyMs: 100 })
    for (let at = 1050; at < 1000 + seconds * 1000 - 5; at += 100) series.add({ startMs: at, endMs: at + 2, outcome: 'failed' })
    for (let at = 1000 + seconds * 1000; at < 60_000; at += 100) series.add({ startMs: at - 2, endMs: at, outcome: 'ok' })
    return series
  }
  const moments = { injectedMs: 1000, healedMs: 60_000, nowMs: 61_000 }

  test.each([
    [29.9, 'pass'],
    [30, 'pass'],
    [30.1, 'fail'],
  ] as const)('of 30 s is judged for a recovery after %d s: %s', (seconds, verdict) => {
    const series = recoveredAfter(seconds)
    expect(measure('recovery_seconds', series, moments)?.most).toBeCloseTo(seconds, 6)
    for (const text of ['recovery_seconds <= 30', "recovery_seconds('write') <= 30.0"])
      expect(judge(text, series, moments).verdict).toBe(verdict)
  })

  const window = { injectedMs: 0, healedMs: 2000, nowMs: 3000 }

  test.each([
    ['error_ratio < 0.3', 'ooooxxxxxooooooooooo', 'pass'],
    ['error_ratio < 0.2', 'ooooxxxxxooooooooooo', 'fail'],
    ['failures == 5.0', 'ooooxxxxxooooooooooo', 'pass'],
    ['outage_seconds <= 0.6', 'ooooxxxxxooooooooooo', 'pass'],
    ['outage_seconds <= 0.4', 'ooooxxxxxooooooooooo', 'fail'],
    ['recovery_seconds < 1', 'oooooooooooooooooooo', 'pass'],
    ['heal_seconds < 1', 'xxxxxxxxxxxxxxxxxxxxxxooo', 'pass'],
    ['heal_seconds < 0.1', 'xxxxxxxxxxxxxxxxxxxxxxooo', 'fail'],
    // Not recovered: no more is known than that it takes longer than it was looked at.
    ['recovery_seconds <= 30', 'oooooooooooooxxxxxxxxxxxxxxxxx', 'unknown'],
    ['recovery_seconds <= 2', 'oooooooooooooxxxxxxxxxxxxxxxxx', 'fail'],
    // Nobody saw anything, or too little.
    ['recovery_seconds <= 30', '', 'unknown'],
    ['recovery_seconds <= 30', '????????????????????', 'unknown'],
    ['error_ratio < 0.3', 'ooooo     oooooooooo', 'unknown'],
    ['error_ratio < 0.3', 'ooooooooo?oooooooooo', 'pass'],
    // What is missing does not excuse what was seen.
    ['failures < 2', 'ooxxx     oooooooooo', 'fail'],
  ] as const)('%s over %p: %s', (text, pattern, verdict) => {
    expect(judge(text, seriesOf(pattern), window).verdict).toBe(verdict)
  })

  test('without a name is judged by the worst probe', () => {
    const both = [seriesOf('oooooooooooooooooooo', 'read'), seriesOf('ooooxxxxxooooooooooo', 'write')]
    const condition = (text: string) => judgeObjective(parseFigureCondition(text, figureNames), both, window).verdict
    expect([condition('failures < 1'), condition("failures('read') < 1")]).toEqual(['fail', 'pass'])
  })
})

describe('a sampler', () => {
  const sampled = async (answers: (at: number) => number, runMs: number): Promise<readonly Sample[]> => {
    const clock = new FakeClock()
    const series = new Series({ name: 'write', everyMs: 100 })
    const answer = () =>
      new Promise<{ outcome: 'ok' }>(resolve => void clock.timer(answers(clock.monotonic()), () => resolve({ outcome: 'ok' })))
    const sampler = new Sampler({ clock, series, maxWaiting: 4, ask: answer })
    await clock.advance(runMs)
    const stopped = sampler[Symbol.asyncDispose]()
    await clock.advance(60_000)
    await stopped
    return series.samples
  }

  test('asks at the multiples of its interval, however long answers take', async () => {
    const samples = await sampled(at => (at % 300 === 0 ? 130 : 7), 1040)
    expect(samples.map(({ startMs }) => startMs)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000])
  })

  test('leaves out what too many unanswered questions keep it from, and keeps its beat', async () => {
    const samples = await sampled(at => (at < 400 ? 1000 : 1), 1500)
    expect(samples.map(({ startMs }) => startMs)).toEqual([0, 100, 200, 300, 1000, 1100, 1200, 1300, 1400])
  })
})
