import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Refusal } from '../../../src/lib/net/server/refusal.ts'
import { parseRequestTarget } from '../../../src/lib/net/server/request-target.ts'

describe('a target', () => {
  test.each([
    ['/', '/', []],
    ['//a///b/', '/a/b', ['a', 'b']],
    ['/api/v1/checks/web%2Fshop%20x', '/api/v1/checks/web%2Fshop x', ['api', 'v1', 'checks', 'web/shop x']],
    ['/caf%C3%A9?x=%2e%2e', '/café', ['café']],
    ['/...', '/...', ['...']],
  ])('%s is %s', (target, path, segments) => {
    expect(parseRequestTarget(target)).toMatchObject({ path, segments })
  })

  test('in absolute form names its host', () => {
    expect(parseRequestTarget('http://evil.test/x?y=1')).toMatchObject({ authority: 'evil.test', path: '/x' })
    expect(parseRequestTarget('http://evil.test?y=1')).toMatchObject({ authority: 'evil.test', path: '/' })
  })

  test.each([
    '',
    '*',
    'x',
    'ftp://a/b',
    '/.',
    '/a/..',
    '/%2e%2e',
    '/a/%2E./b',
    '/..%00',
    '/a%0d%0ab',
    '/a\\..\\b',
    '/%5c',
    '/%',
    '/%ff',
  ])('%s is refused', target => expect(() => parseRequestTarget(target)).toThrow(Refusal))

  test('gives back what was encoded', () => {
    const part = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter(text => !/^\.\.?$|[\0-\x1f\x7f\\]/.test(text))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), parts => {
        expect(parseRequestTarget(`/${parts.map(encodeURIComponent).join('/')}`).segments).toEqual(parts)
      }),
    )
  })

  test('never climbs, whatever it is', () => {
    const piece = fc.oneof(
      fc.constantFrom('.', '..', '/', '%2e', '%2f', '%00', '%', '\\', '?', '#', 'a'),
      fc.string({ maxLength: 3 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), pieces => {
        let target: ReturnType<typeof parseRequestTarget>
        try {
          target = parseRequestTarget(`/${pieces.join('')}`)
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal)
          return
        }
        expect(
          target.path
            .split('/')
            .slice(1)
            .filter(part => /^\.{1,2}$|[\0-\x1f\\]/.test(part)),
        ).toEqual([])
        expect(target.segments).not.toContain('..')
      }),
      { numRuns: 500 },
    )
  })
})
