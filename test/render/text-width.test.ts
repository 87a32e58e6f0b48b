import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { fitTo, padTo, textWidth, wrapTo } from '../../src/lib/render/text-width.ts'

test('counts columns as terminals do', () => {
  const widths: [string, number][] = [
    ['web1', 4],
    ['日本-web', 8],
    ['東京🚀', 6],
    ['👩‍👩‍👧', 2],
    ['é', 1],
    ['e\u0301', 1],
    ['✓', 1],
    ['한국', 4],
    ['ﾊﾝｶｸ', 4],
    ['🇩🇪', 2],
    ['', 0],
    ['\u200b', 0],
  ]
  for (const [text, width] of widths) expect([text, textWidth(text)]).toEqual([text, width])
})

test('agrees with another implementation on every letter, ideograph and symbol', () => {
  const differ: string[] = []
  for (let code = 0x20; code < 0x323b0; code++) {
    const character = String.fromCodePoint(code)
    if (!/^[\p{L}\p{N}\p{P}\p{S}]$/u.test(character)) continue
    // Fillers, half a flag, and three Indic letters that the other one takes for marks.
    if (/[\p{Default_Ignorable_Code_Point}\p{Regional_Indicator}\u0980\u0c80\u0d3a]/u.test(character)) continue
    if (textWidth(character) !== Bun.stringWidth(character)) differ.push(`${code.toString(16)} ${character}`)
  }
  expect(differ).toEqual([])
})

const texts = fc.string({ unit: fc.constantFrom('a', ' ', '日', '🚀', 'é', '-') })

test('cut text fits, and what fits is left alone', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 40 }), (text, width) => {
      const cut = fitTo(text, width)
      expect(textWidth(cut)).toBeLessThanOrEqual(width)
      if (textWidth(text) <= width) expect(cut).toBe(text)
      else expect(cut).toEndWith('…')
    }),
  )
})

test('padded text is at least as wide as asked', () => {
  expect(padTo('日本', 6)).toBe('日本  ')
  expect(padTo('web1', 2)).toBe('web1')
})

test('wrapped text keeps its words, in lines that fit where a word does', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 8, max: 40 }), (text, width) => {
      const lines = wrapTo(text, width)
      expect(lines.join(' ')).toBe(text)
      for (const line of lines) if (line.includes(' ')) expect(textWidth(line)).toBeLessThanOrEqual(width)
    }),
  )
})
