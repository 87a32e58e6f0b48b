import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { boundedPattern } from '../../src/lib/core/bounded-pattern.ts'
import { linearSource } from '../../src/lib/core/linear-pattern.ts'
import { patternTree } from '../../src/lib/core/pattern-tree.ts'
import { counted } from '../helpers/counts.ts'

const linear = (text: string): string | undefined => {
  const tree = patternTree(text)
  return tree && linearSource(tree)
}

const access = String.raw`^(?P<ip>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<method>[A-Z]+) (?P<path>[^ "]+) [^"]*" (?P<status>\d{3}) (?P<bytes>\d+|-)(?: "(?P<agent>[^"]*)")?$`

describe('a pattern', () => {
  test.each([
    ['of an access log', access],
    ['of a level and a message', String.raw`^(?P<time>[\d-]+T[\d:.]+Z) +(?P<level>[A-Z]{1,8}): (?P<message>.*)$`],
    ['with branches that begin differently', '^(?:a+|b|[c-e]{2})x'],
    ['without an end', '^a.*'],
    ['with characters beyond ASCII', '^[é-ü]+ «.+'],
  ])('%s is proved to be linear', (_, text) => {
    expect(linear(text)).toBeString()
  })

  test.each([
    ['that may begin anywhere', 'a+'],
    ['with a repetition within another', '^(?:a+)+$'],
    ['with a repetition that may end anywhere', '^.*a'],
    ['with two repetitions of the same', String.raw`^\d+\w+$`],
    ['with branches that begin alike', '^(?:ab|ac)'],
    ['with a branch that may be empty', '^(?:a|)b'],
    ['with something that may be left out before the same', '^a?a'],
    ['with an optional group before what it may begin with', '^(?:ab)?a$'],
    ['with flags', '^(?i)a'],
    ['with an end in the middle', '^a$b'],
    ['with a class that is not known here', String.raw`^\pL+`],
    ['with a word boundary', String.raw`^a\b`],
    ['of POSIX classes', '^[[:alpha:]]'],
    ['of two branches at the top', '^a|b'],
  ])('%s is not', (_, text) => {
    expect(linear(text)).toBeUndefined()
  })
})

/** Patterns of pieces that often fit together, and texts that are near to fitting them. */
const sets = fc.constantFrom(
  'a',
  'b',
  ' ',
  '"',
  '-',
  '.',
  String.raw`\d`,
  String.raw`\w`,
  String.raw`\s`,
  String.raw`\S`,
  String.raw`\W`,
  '[ab]',
  '[^a]',
  '[^"]',
  '[a-c1-3]',
  String.raw`[^\s-]`,
  'é',
  '[^é]',
  String.raw`\.`,
  String.raw`[\]\\^]`,
)
const signs = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '+?', '*?')
const { pieces } = fc.letrec<{ pieces: string; piece: string; group: string }>(tie => ({
  piece: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.tuple(sets, signs).map(([set, sign]) => set + sign),
    tie('group'),
  ),
  group: fc
    .tuple(fc.constantFrom('(', '(?:'), fc.array(tie('pieces'), { minLength: 1, maxLength: 3 }), fc.constantFrom('', '', '?'))
    .map(([open, branches, sign]) => `${open}${branches.join('|')})${sign}`),
  pieces: fc.array(tie('piece'), { minLength: 1, maxLength: 5 }).map(items => items.join('')),
}))
const patterns = fc.tuple(pieces, fc.constantFrom('', '$')).map(([text, ending]) => `^${text}${ending}`)
const subjects = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', '1', ' ', '"', '-', '.', 'é', '\n', '\t', '\v', '\u2028', ']', '\\', '😀'),
  maxLength: 20,
})
const none: (string | undefined)[] = []
const runs = { numRuns: 30_000 }

test('what is proved to be linear finds what RE2 finds', () => {
  let proved = 0
  fc.assert(
    fc.property(patterns, fc.array(subjects, { minLength: 1, maxLength: 4 }), (text, texts) => {
      const source = linear(text)
      if (source === undefined) return
      proved++
      const engine = new RegExp(source, 'u')
      const re2 = RE2JS.compile(text)
      for (const subject of texts) {
        const matcher = re2.matcher(subject)
        const expected = matcher.find()
          ? Array.from({ length: re2.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined)
          : undefined
        expect({ text, subject, found: [...(engine.exec(subject) ?? none)] }).toEqual({ text, subject, found: expected ?? none })
      }
    }),
    runs,
  )
  expect(proved).toBeGreaterThan(1000)
}, 120_000)

test('what is proved to be linear takes steps in proportion to the text', () => {
  const attack = fc.tuple(
    fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', '"', '-'), maxLength: 3 }),
    fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', '"', '-', 'c'), minLength: 1, maxLength: 3 }),
  )
  fc.assert(
    fc.property(patterns, attack, (text, [begin, again]) => {
      const source = linear(text)
      if (source === undefined) return
      const engine = new RegExp(source, 'u')
      const subject = `${begin}${again.repeat(200_000)}\u0000`
      const before = process.cpuUsage()
      engine.exec(subject)
      // A quadratic one takes minutes.
      expect([text, process.cpuUsage(before).user < 1_000_000]).toEqual([text, true])
    }),
    { numRuns: 3000 },
  )
}, 120_000)

const anyPattern = fc
  .tuple(
    fc.constantFrom('', '', '^', String.raw`\b`),
    fc.array(pieces, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '$', '.*', '.*?b', String.raw`\B`),
  )
  .map(([begin, branches, end]) => `${begin}${branches.join('|')}${end}`)

const boundedRuns = { numRuns: counted({ reduced: 2000, full: 60_000 }) }

test('what counts its steps finds what RE2 finds', () => {
  let known = 0
  let gaveUp = 0
  fc.assert(
    fc.property(anyPattern, fc.array(subjects, { minLength: 1, maxLength: 4 }), (text, texts) => {
      const tree = patternTree(text)
      const bounded = tree && boundedPattern(tree)
      if (bounded === undefined) return
      known++
      const re2 = RE2JS.compile(text)
      for (const subject of texts) {
        const matcher = re2.matcher(subject)
        const expected = matcher.find()
          ? Array.from({ length: re2.groupCount() + 1 }, (_, group) => [matcher.start(group), matcher.end(group)]).flat()
          : 'nothing'
        const found = bounded.find(subject)
        if (found === 'gave-up') {
          gaveUp++
          continue
        }
        expect({ text, subject, found: typeof found === 'string' ? found : [...found] }).toEqual({
          text,
          subject,
          found: expected,
        })
      }
    }),
    boundedRuns,
  )
  expect(known).toBeGreaterThan(boundedRuns.numRuns / 2)
  expect(gaveUp).toBeLessThan(known / 100)
}, 120_000)

test.each([
  ['(?:a+)+$', 'a'.repeat(40), 'aaa'],
  ['(?:a|a|b)*c', 'a'.repeat(40), 'abc'],
  ['.*?a.*?b.*?c.*?d', 'abc'.repeat(3000), 'abcd'],
  ['(?:ab)*c', 'ab'.repeat(300_000), 'ababc'],
])('what counts its steps gives up %s instead of hanging', (text, subject, short) => {
  const tree = patternTree(text)
  const bounded = tree && boundedPattern(tree)
  const before = process.cpuUsage()
  expect(bounded?.find(`${subject}!`)).toBe('gave-up')
  expect(process.cpuUsage(before).user).toBeLessThan(2_000_000)
  expect(bounded?.find(short)).toBeInstanceOf(Int32Array)
})
