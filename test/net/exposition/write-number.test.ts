import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { numberText } from '../../../src/lib/net/exposition/number-text.ts'
import { writeNumber } from '../../../src/lib/net/exposition/write-number.ts'

function written(value: number): string {
  const bytes = new Uint8Array(64).fill(0x78)
  return Buffer.from(bytes.subarray(3, writeNumber(bytes, 3, value))).toString()
}

describe('a number of a scrape', () => {
  test.each([
    [0, '0'],
    [-0, '0'],
    [10, '10'],
    [0.5, '0.5'],
    [0.000001, '0.000001'],
    [1e-7, '1e-7'],
    [1774747800.123, '1774747800.123'],
    [4294967295.999999, '4294967295.999999'],
    [8955849295.50311, '8955849295.50311'],
    [1e21, '1e+21'],
    [-12.25, '-12.25'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [-Number.MAX_VALUE, '-1.7976931348623157e+308'],
  ])('%p is written as %s', (value, text) => {
    expect([written(value), numberText(value)]).toEqual([text, text])
  })

  test('is written byte by byte as it would be as a text, whatever it is', () => {
    const any = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.integer({ min: 0, max: 2 ** 53 }).map(value => value / 1e6),
      fc.integer({ min: 0, max: 2 ** 40 }).map(value => value / 1e3),
      fc.maxSafeInteger(),
    )
    fc.assert(
      fc.property(any, value => {
        const text = numberText(value)
        expect(written(value)).toBe(text)
        if (Number.isFinite(value)) expect(Number(text)).toBe(value + 0)
      }),
      { numRuns: 5000 },
    )
  })
})
