import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { formatDuration, parseDuration } from '../../src/lib/core/duration.ts'

describe('a duration', () => {
  test.each([
    ['250ms', 250],
    ['5s', 5000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1w', 604_800_000],
    ['10', 10_000],
    ['0.25', 250],
    ['0', 0],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

  test.each(['', 'soon', '5x', '-5s', '5 s', '1m 30s', 's', '5s!', '1e3'])("'%s' is refused with the way to write it", text => {
    expect(() => parseDuration(text)).toThrow(
      expect.objectContaining({ code: 'E_USAGE', hint: expect.stringContaining('1m30s') }),
    )
  })

  test.each([
    [0, '0ms'],
    [950, '950ms'],
    [2400, '2.4s'],
    [3000, '3s'],
    [90_000, '1m30s'],
    [11_100_000, '3h5m'],
    [172_800_000, '2d'],
  ])('%d ms reads %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

  test('written in whole seconds or more is read back the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 59 }), seconds => parseDuration(formatDuration(seconds * 1000)) === seconds * 1000),
    )
  })
})
