import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { masked, maskedData } from '../../src/lib/probe/masked.ts'

describe('a secret that a server handed back', () => {
  const secret = 'to "ken\\ 99/+'
  const ways: readonly [string, string][] = [
    ['as it is', secret],
    ['within JSON', JSON.stringify({ got: secret })],
    ['within JSON that is told as JSON', JSON.stringify(JSON.stringify({ got: secret }))],
    ['in a URL', `https://h/?q=${encodeURIComponent(secret)}`],
    ['in a form', new URLSearchParams({ q: secret }).toString()],
    ['cut short', `x-key: ${secret.slice(0, 7)}…`],
    ['cut short within JSON', `${JSON.stringify(secret).slice(0, 10)}… (70000 bytes)`],
  ]
  test.each(ways)('is not to be read %s', (_, text) => {
    const told = masked(text, [secret])
    expect(told).toContain('…')
    expect(told).not.toContain('ken')
  })

  test('of several lines is not to be read in a diff', () => {
    const key = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END KEY-----'
    expect(masked(`+${key.replaceAll('\n', '\n+')}`, [key])).not.toContain('MIIE')
  })

  test('leaves everything else as it is', () => {
    expect(masked('expected "to be", is "total…" of 3', ['abc', 'secret-99'])).toBe('expected "to be", is "total…" of 3')
  })

  test('is found at any depth of a value', () => {
    expect(maskedData({ broken: [{ actual: 'is secret-99', n: 1 }] }, new Set(['secret-99']))).toEqual({
      broken: [{ actual: 'is …', n: 1 }],
    })
  })

  test('is never there, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), fc.string(), fc.string(), (value, before, after) => {
        fc.pre(!before.includes(value) && !after.includes(value))
        expect(masked(JSON.stringify(before + value + after), [value])).not.toContain(JSON.stringify(value).slice(1, -1))
      }),
    )
  })
})
