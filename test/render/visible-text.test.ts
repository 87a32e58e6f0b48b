import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { oneLine, visible } from '../../src/lib/render/visible-text.ts'

test('shows what a terminal would do instead of doing it', () => {
  const shown: [string, string][] = [
    ['\x1b[31mred\x1b[0m', '^[[31mred^[[0m'],
    ['\x1b]0;title\x07', '^[]0;title^G'],
    ['50%\r100%', '50%^M100%'],
    ['dos\r\nline\r\n', 'dos\nline\n'],
    ['\u009b2J', '<U+009B>2J'],
    ['pay \u202Eexe.gpj', 'pay <U+202E>exe.gpj'],
    ['\x7f', '<U+007F>'],
    ['a\tb\n', 'a\tb\n'],
    ['\ud800', '\ufffd'],
    ['日本 👩‍👩‍👧', '日本 👩‍👩‍👧'],
  ]
  for (const [text, expected] of shown) expect(visible(text)).toBe(expected)
})

test('no text keeps a control character, and one line has no line feed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(visible(text)).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/)
      expect(oneLine(text)).not.toMatch(/[\n\t]/)
    }),
  )
})
