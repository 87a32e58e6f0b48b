import { describe, expect, test } from 'bun:test'
import { maxFailures, parseMaxFail } from '../../src/lib/fleet/max-fail.ts'

describe('--max-fail', () => {
  test.each([
    ['0', 10, 0],
    ['3', 10, 3],
    ['5%', 100, 5],
    ['5%', 10, 0],
    ['33%', 10, 3],
    ['100%', 10, 10],
    ['2.5%', 200, 5],
  ])('%s of %p hosts lets %d fail', (text, total, allowed) => expect(maxFailures(parseMaxFail(text), total)).toBe(allowed))

  test('absent lets all fail', () => expect(maxFailures(undefined, 5)).toBe(Number.POSITIVE_INFINITY))

  test.each(['', '-1', '1.5', '101%', 'some', '%'])("'%s' is refused", text =>
    expect(() => parseMaxFail(text)).toThrow('neither'),
  )
})
