import { describe, expect, test } from 'bun:test'
import { parseCron } from '../../src/lib/alert/cron.ts'
import { afterCron, betweenMoments, daily } from '../../src/lib/alert/window.ts'

const at = (text: string): number => Date.parse(text)
const everyDay = new Set([0, 1, 2, 3, 4, 5, 6])

describe('a window', () => {
  test.each([
    ['2026-03-27T00:59:59Z', false],
    ['2026-03-27T01:00:00Z', true],
    ['2026-03-27T02:59:59Z', true],
    ['2026-03-27T03:00:00Z', false],
  ])('between two times of day has its begin and not its end: %s', (moment, isOpen) => {
    expect(daily({ days: everyDay, from: 60, to: 180, zone: 'UTC' })(at(moment))).toBe(isOpen)
  })

  test.each([
    // Friday night, which ends on Saturday.
    ['2026-03-27T21:59:00+01:00', false],
    ['2026-03-27T22:00:00+01:00', true],
    ['2026-03-28T05:59:00+01:00', true],
    ['2026-03-28T06:00:00+01:00', false],
    ['2026-03-28T22:30:00+01:00', false],
    ['2026-03-27T05:00:00+01:00', false],
  ])('over midnight belongs to the day on which it begins: %s', (moment, isOpen) => {
    expect(daily({ days: new Set([5]), from: 22 * 60, to: 6 * 60, zone: 'Europe/Berlin' })(at(moment))).toBe(isOpen)
  })

  test('goes by the clocks of its zone on the day on which these are set', () => {
    const window = daily({ days: everyDay, from: 4 * 60, to: 5 * 60, zone: 'Europe/Berlin' })
    expect([window(at('2026-03-28T03:30:00Z')), window(at('2026-03-29T03:30:00Z')), window(at('2026-03-29T02:30:00Z'))]).toEqual([
      true,
      false,
      true,
    ])
  })

  test('between two moments is open once', () => {
    const window = betweenMoments({ from: at('2026-08-01T20:00:00Z'), to: at('2026-08-01T23:00:00Z') })
    expect(['19:59', '20:00', '22:59', '23:00'].map(time => window(at(`2026-08-01T${time}:00Z`)))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  test('after a cron expression lasts as long as it says', () => {
    const window = afterCron({ cron: parseCron('30 1 * * mon-fri'), forMs: 2 * 3_600_000, zone: 'UTC' })
    const open = [
      '2026-03-27T01:29:59Z',
      '2026-03-27T01:30:00Z',
      '2026-03-27T03:29:59Z',
      '2026-03-27T03:30:00Z',
      '2026-03-28T02:00:00Z',
    ]
    expect(open.map(moment => window(at(moment)))).toEqual([false, true, true, false, false])
  })
})

describe('a cron expression', () => {
  const base = { month: 3, day: 27, weekday: 5, hour: 1, minute: 30 }
  test.each([
    ['30 1 * * *', {}, true],
    ['*/15 * * * *', {}, true],
    ['*/20 * * * *', {}, false],
    ['0,30 0-2 * * *', {}, true],
    ['10-50/20 * * * *', {}, true],
    ['30 1 * mar fri', {}, true],
    ['30 1 * apr fri', {}, false],
    ['30 1 * * 7', { weekday: 0 }, true],
    ['30 1 * * 0', { weekday: 0 }, true],
    ['30 1 13 * fri', {}, true],
    ['30 1 13 * mon', {}, false],
    ['30 1 27 * mon', {}, true],
    ['30 1 */2 * fri', {}, true],
    ['30 1 */2 * fri', { day: 28 }, false],
  ])('%s', (text, over, expected) => {
    expect(parseCron(text)({ ...base, ...over })).toBe(expected)
  })

  test.each([
    '* * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '5-1 * * * *',
    '*/0 * * * *',
    'x * * * *',
    '1,,2 * * * *',
    '@daily',
  ])('%s is none', text => {
    expect(() => parseCron(text)).toThrow()
  })
})
