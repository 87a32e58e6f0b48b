import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { patternTree } from '../../../src/lib/core/pattern-tree.ts'
import { bytePattern } from '../../../src/lib/logs/formats/expression/byte-pattern.ts'
import type { Format } from '../../../src/lib/logs/formats/format.ts'
import { grokFormat } from '../../../src/lib/logs/formats/grok.ts'
import { regexFormat } from '../../../src/lib/logs/formats/regex.ts'
import { counted } from '../../helpers/counts.ts'
import { readLines } from '../read-lines.ts'

/** Expressions as people write them, with lines that fit or nearly do. */
const own: readonly (readonly [expression: string, lines: readonly string[]])[] = [
  [
    String.raw`^(?P<ip>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<request>[^"]*)" (?P<status>\d+) (?P<bytes>\d+|-)(?: "(?P<agent>(?:[^"\\]|\\.)*)")?$`,
    ['192.0.2.7 - ann [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 12 "a \\"quoted\\" one"', '::1 - - [x] "" 007 -'],
  ],
  [
    String.raw`(?P<level>INFO|INFORM|WARN|WARNING|E.*?R)\b.*? took (?P<ms>-?\d+(?:\.\d+)?) ?ms(?: for (?P<who>.*))?`,
    ['x INFORM: it took 12.50 ms for Ann', 'ERROR took -0ms', 'WARNING took 12345678901234567 ms for "жар"'],
  ],
  [
    String.raw`^(?P<time>[\d-]+T[\d:.]+Z) +(?P<level>[A-Z]{1,8}): (?P<outer>a(?P<inner>.*))$`,
    ['2015-05-17T10:05:03Z  INFO: a\tb "c" \\d', '2015-05-17T10:05:03Z INFO: a'],
  ],
  [String.raw`(?i)^(?P<word>[a-z]+)=(?P<value>\w*)`, ['Key=Value', 'key=']],
  ['^(?P<word>[а-я]+)(?P<rest>.*)$', ['жар и холод', 'кот', 'cat']],
  [String.raw`(?P<key>\w+)=(?P<value>"[^"]*"|\S*)|(?P<else>[^=]*)$`, ['a=1', 'a="x y"', 'nothing', '=']],
]
const grok: readonly (readonly [expression: string, lines: readonly string[]])[] = [
  [
    '%{IP:client} %{WORD:method} %{URIPATHPARAM:path} %{NUMBER:bytes:int} %{NUMBER:took:float} %{NUMBER:plain} %{NUMBER:name:string}',
    ['10.1.2.3 GET /a?b=c 15824 0.043 -7 8', '10.1.2.3 GET / +12.9 -.5 007 08'],
  ],
  ['(?:%{INT:n}|none=%{WORD:n}) %{GREEDYDATA:message}', ['12 x', 'none=all "y"', '-12 жар']],
  [
    '%{TIMESTAMP_ISO8601:time} %{LOGLEVEL:level} %{DATA:[log][name]}: %{GREEDYDATA:message}',
    ['2015-05-17T10:05:03Z INFO a.b: c'],
  ],
]

/** What lines are broken with. */
const odd = fc.oneof(
  fc.constantFrom(
    '-',
    ' ',
    '"',
    '\\',
    '[',
    ']',
    '\r',
    '\x00',
    '\x1f',
    '\x7f',
    '\t',
    '0',
    '007',
    '1e5',
    '5.',
    '123456789.1234567',
  ),
  fc.constantFrom('жар', '\u2028', '😀', 'é', '\ufeff', '\ufffd', 'a', 'b', '9007199254740993', '-1', '-0', '1.0'),
  fc.string({ unit: 'binary', maxLength: 4 }),
)
const oddBytes = fc.oneof(
  odd.map(text => Buffer.from(text)),
  fc.uint8Array({ maxLength: 3 }).map(bytes => Buffer.from(bytes)),
)
const lineEnds = fc.constantFrom('', '', '', '\r', '\r\r')

/** The line as it is, and with something in the place of some of its bytes. */
const nearly = (lines: readonly string[]): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.constantFrom(...lines), fc.nat(100), fc.nat(4), oddBytes, fc.nat(2), lineEnds)
    .map(([text, at, length, other, kept, end]) => {
      const line = Buffer.from(text)
      const whole = kept === 0 ? [line] : [line.subarray(0, at), other, line.subarray(at + length)]
      return Buffer.concat([...whole, Buffer.from(end)])
    })

const block = (line: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Buffer> =>
  fc
    .array(line, { minLength: 1, maxLength: 6 })
    .map(lines =>
      Buffer.concat(lines.flatMap(each => [Buffer.from(each.map(byte => (byte === 10 ? 32 : byte))), Buffer.from('\n')])),
    )

interface Paths {
  readonly quick: Format
  readonly exact: Format
}

function expectAlike({ quick, exact }: Paths, bytes: Buffer): void {
  const found = outcome(quick, bytes)
  expect(found).toEqual(outcome(exact, bytes))
  for (const record of found.text.split('\n').slice(0, -1)) JSON.parse(record)
}

function outcome(format: Format, lines: Buffer) {
  const { bytes, tally } = readLines(format, lines)
  const { records, misfits, blank, unreadTimes, reasons } = tally
  return { bytes: bytes.toString('latin1'), text: bytes.toString('utf8'), records, misfits, blank, unreadTimes, reasons }
}

describe.each([
  ...own.map(([text, lines]) => [text, lines, regexFormat] as const),
  ...grok.map(([text, lines]) => [text, lines, grokFormat] as const),
])('%s', (text, lines, format) => {
  test('is read alike by the quick and by the exact path, whatever the lines are', () => {
    const paths = { quick: format(text), exact: format(text, { exactOnly: true }) }
    const anything = fc.array(oddBytes, { maxLength: 8 }).map(pieces => Buffer.concat(pieces))
    fc.assert(
      fc.property(block(fc.oneof({ weight: 5, arbitrary: nearly(lines) }, anything)), bytes => expectAlike(paths, bytes)),
      { numRuns: counted({ reduced: 800, full: 20_000 }) },
    )
  }, 120_000)
})

/** Expressions of pieces that often fit together, with a name for every group, and lines that are near to fitting them. */
const sets = fc.constantFrom(
  ...['a', 'b', '1', '0', '-', ' ', '"', '.', 'é', '[^é]', '[ab]', '[^a]', '[^"]', '[a-c1-3]', '[0-9.-]', 'ab', '😀', '[é-ü]'],
  ...[
    String.raw`\d`,
    String.raw`\w`,
    String.raw`\s`,
    String.raw`\S`,
    String.raw`\W`,
    String.raw`\.`,
    String.raw`[^\s-]`,
    String.raw`\\`,
  ],
)
const signs = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '+?', '*?', '??', '{0,2}?')
const { pieces } = fc.letrec<{ pieces: string; piece: string; group: string }>(tie => ({
  piece: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.tuple(sets, signs).map(([set, sign]) => set + sign),
    fc.constantFrom(String.raw`\b`, String.raw`\B`, '^', '$'),
    tie('group'),
    tie('group'),
  ),
  group: fc
    .tuple(
      fc.constantFrom('(', '(', '(?:'),
      fc.array(tie('pieces'), { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', '', '?', '*', '+?'),
    )
    .map(([open, branches, sign]) => `${open}${branches.join('|')})${sign}`),
  pieces: fc.array(tie('piece'), { minLength: 1, maxLength: 5 }).map(items => items.join('')),
}))
const expressions = fc
  .tuple(fc.constantFrom('', '^', '(?i)', '(?s)^'), pieces, fc.constantFrom('', '$', '(.*)', '(.*?)b', '(.*) (.*)$'))
  .map(named)

/** A name for each of its groups. */
function named([begin, middle, end]: readonly [string, string, string]): string {
  let count = 0
  return `${begin}(${middle})${end}`.replace(/\\.|\((?!\?)/g, part => (part === '(' ? `(?P<g${count++}>` : part))
}

const lines = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(
        fc.constantFrom(
          'a',
          'b',
          'c',
          'B',
          '1',
          '0',
          '12',
          ' ',
          '"',
          '-',
          '.',
          'é',
          '\t',
          '\v',
          '\u2028',
          ']',
          '\\',
          '😀',
          '\r',
          'K',
        ),
        {
          maxLength: 14,
        },
      )
      .map(texts => Buffer.from(texts.join(''))),
  },
  { weight: 1, arbitrary: fc.array(oddBytes, { maxLength: 5 }).map(texts => Buffer.concat(texts)) },
)

test('random expressions read random lines alike by the quick and by the exact path', () => {
  fc.assert(
    fc.property(expressions, block(lines), (text, bytes) => {
      const paths = pathsOf(text)
      if (paths) expectAlike(paths, bytes)
    }),
    { numRuns: counted({ reduced: 6000, full: 200_000 }) },
  )
}, 120_000)

/** Undefined for one that is not of RE2. */
function pathsOf(text: string): Paths | undefined {
  try {
    return { quick: regexFormat(text), exact: regexFormat(text, { exactOnly: true }) }
  } catch {
    return undefined
  }
}

test('most lines that fit are read by the quick path', () => {
  for (const [text, [line = '']] of own.slice(0, 3)) {
    const tree = patternTree(text)
    const pattern = tree && bytePattern(tree)
    const bytes = Buffer.from(`${line}\n`)
    expect(pattern?.find(bytes, 0, bytes.length - 1)).toBe(true)
  }
})

test.each([
  [String.raw`^(?:a+)+(?P<end>b)$`, 'a'.repeat(40)],
  [String.raw`(?P<one>.*?a.*?b.*?c.*?d)`, 'abc'.repeat(3000)],
  [String.raw`(?P<one>\S+) took`, 'a'.repeat(100_000)],
  [String.raw`^(?P<one>(?:ab)*)c`, 'ab'.repeat(300_000)],
])('the quick path of %s takes no longer than in proportion to a line', (text, line) => {
  const tree = patternTree(text)
  const pattern = tree && bytePattern(tree)
  const bytes = Buffer.from(`${line}\n`)
  const before = process.cpuUsage()
  expect(pattern?.find(bytes, 0, bytes.length - 1)).toBe(false)
  expect(process.cpuUsage(before).user).toBeLessThan(1_000_000)
})
