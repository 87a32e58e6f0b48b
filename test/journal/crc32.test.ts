import { expect, test } from 'bun:test'
import { crc32 as ofZlib } from 'node:zlib'
import fc from 'fast-check'
import { crc32 } from '../../src/lib/journal/crc32.ts'

test('gives the checksum of zlib, for short and long data, at once and piece by piece', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (first, second) => {
      expect(crc32(first)).toBe(ofZlib(first))
      expect(crc32(second, crc32(first))).toBe(ofZlib(Buffer.concat([first, second])))
    }),
  )
  const long = new Uint8Array(100_000).fill(7)
  expect(crc32(long, 5)).toBe(ofZlib(long, 5))
})
