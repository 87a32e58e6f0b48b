import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { LinePrefixer } from '../../src/lib/exec/line-prefixer.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (...pieces: readonly Uint8Array[]): string => Buffer.concat(pieces).toString('utf8')

describe('a line prefixer', () => {
  test('holds a line back until it is whole', () => {
    const prefixer = new LinePrefixer('web1: ')
    expect(prefixer.push(bytes('load av')).length).toBe(0)
    expect(text(prefixer.push(bytes('erage: 0.1\nup')))).toBe('web1: load average: 0.1\n')
    expect(text(prefixer.end())).toBe('web1: up\n')
    expect(prefixer.end().length).toBe(0)
  })

  test('keeps empty lines and bytes that are no UTF-8', () => {
    const prefixer = new LinePrefixer('db1: ')
    const out = prefixer.push(Uint8Array.of(0xff, 0xfe, 10, 10))
    expect([...out]).toEqual([...bytes('db1: '), 0xff, 0xfe, 10, ...bytes('db1: '), 10])
  })

  test('gives out a line that is longer than the limit in pieces', () => {
    const prefixer = new LinePrefixer('web1: ', { limitBytes: 8 })
    expect(text(prefixer.push(bytes('0123456789')))).toBe('web1: 0123456789\n')
  })

  test('gives the same lines however the output is cut', () => {
    const lines = fc.array(
      fc.string({ maxLength: 20 }).map(line => line.replaceAll('\n', '')),
      { maxLength: 10 },
    )
    fc.assert(
      fc.property(lines, fc.array(fc.nat(40), { maxLength: 10 }), (content, cuts) => {
        const whole = bytes(content.map(line => `${line}\n`).join(''))
        const at = [0, ...cuts.map(cut => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length]
        const prefixer = new LinePrefixer('h: ')
        const pieces = at.slice(1).map((end, index) => prefixer.push(whole.subarray(at[index], end)))
        expect(text(...pieces, prefixer.end())).toBe(content.map(line => `h: ${line}\n`).join(''))
      }),
    )
  })
})
