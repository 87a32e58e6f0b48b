import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { matchHostList, matchPattern, matchPatternList } from '../../src/lib/core/ssh-pattern.ts'

const patterns: readonly (readonly [string, string, boolean])[] = [
  ['web1', 'web1', true],
  ['web1', 'web', false],
  ['web', 'web1', false],
  ['web1', 'WEB1', false],
  ['web12', 'web?', false],
  ['web1', 'web?', true],
  ['', '*', true],
  ['', '?', false],
  ['a.b.c', '*.c', true],
  ['a.b.c', '*.*.*', true],
  ['a.b', '*.*.*', false],
  ['aXbXc', 'a*b*c', true],
  ['mississippi', 'm*iss*ip*i', true],
  ['a[b', 'a[b', true],
]
for (const [text, pattern, fits] of patterns) {
  test(`'${text}' ${fits ? 'fits' : 'does not fit'} ${pattern}`, () => expect(matchPattern(text, pattern)).toBe(fits))
}

test('patterns fit what the same regular expression fits', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 })
  fc.assert(
    fc.property(letters, pattern, (text, glob) => {
      const expression = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`)
      expect(matchPattern(text, glob)).toBe(expression.test(text))
    }),
  )
})

test('a negated pattern of a list overrules the others, wherever it stands', () => {
  expect(matchPatternList('db1', '*,!db1')).toBe('negated')
  expect(matchPatternList('db1', '!db1,*')).toBe('negated')
  expect(matchPatternList('db2', '!db1')).toBe('none')
  expect(matchPatternList('db2', '!db1,db*')).toBe('match')
})

test('host lists do not look at case', () => expect(matchHostList('WEB1.Example.org', '*.example.ORG')).toBe('match'))
