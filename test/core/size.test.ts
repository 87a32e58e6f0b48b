import { expect, test } from 'bun:test'
import { formatSize, parseSize } from '../../src/lib/core/size.ts'

test.each([
  ['4096', 4096],
  ['64K', 65_536],
  ['64MiB', 67_108_864],
  ['1GB', 1_000_000_000],
  ['1.5k', 1536],
  ['0', 0],
])('%s is %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes))

test.each(['', 'big', '-1', '1TiBs', '1 M B'])("'%s' is refused", text => expect(() => parseSize(text)).toThrow('is not a size'))

test.each([
  [512, '512 B'],
  [65_536, '64 KiB'],
  [1_610_612_736, '1.5 GiB'],
])('%d bytes read %s', (bytes, text) => expect(formatSize(bytes)).toBe(text))
