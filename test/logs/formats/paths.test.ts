import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { apacheTemplate } from '../../../src/lib/logs/formats/apache-format.ts'
import { nginxTemplate } from '../../../src/lib/logs/formats/nginx-format.ts'
import type { FieldType, Template } from '../../../src/lib/logs/formats/template.ts'
import { templateFormat } from '../../../src/lib/logs/formats/template-format.ts'
import { readLines } from '../read-lines.ts'

const timed =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time'
const formats: readonly (readonly [string, Template])[] = [
  ['combined with a time', nginxTemplate(timed)],
  ['common', apacheTemplate('%h %l %u %t \\"%r\\" %>s %b')],
  ['several upstreams', nginxTemplate('$time_iso8601 $status "$upstream_addr" $upstream_response_time [$host]')],
  ['a text at the end', nginxTemplate('<$msec> $request_id $uri')],
  ['times without brackets', nginxTemplate('$time_local $time_iso8601 $request|$request_length')],
]

/** Pieces that lines are made of, regular and odd. */
const pieces = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('-', ' ', '"', '\\', '[', ']', '" "', ' - ', '\r', '\x00', '\x7f', '\t', '|') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'GET / HTTP/1.1',
      'get / HTTP/1.1',
      'M-SEARCH * HTTP/1.1',
      'GET /a b HTTP/2.0',
      'GET /',
      'GET / HTTP/11',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '0',
      '007',
      '0.125',
      '.5',
      '5.',
      '-1',
      '200',
      '9007199254740993',
      '123456789.1234567',
      '1e5',
      '0.1, 0.2',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '17/May/2015:10:05:03 +0000',
      '31/Feb/2015:10:05:03 +0000',
      '17/May/2015:10:05:60 +0000',
      '17/May/2015:10:61:00 -0330',
      '17/May/2015:10:05:65 +0000',
      '2015-05-17T10:05:03+00:00',
      '2015-05-17T10:05:03.25Z',
      '2015-05-17T10:05:03.Z',
      '2015-13-17T10:05:03+24:00',
      '1431857103.125',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('\\x22', '\\"', '\\\\', '\\xD0\\x9F', '\\xFF', '\\n', '\\q', 'жар', '\u2028', '😀', 'кот'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
)

/** What a field holds in a regular line. */
const usual: Readonly<Record<FieldType, readonly string[]>> = {
  text: ['-', 'ann', 'http://a/b?c=d', 'Mozilla/5.0 (X11)'],
  number: ['-', '0', '200', '0.125', '17'],
  'number-or-text': ['-', '0.004', 'unix:', '3'],
  'time-local': [
    '17/May/2015:10:05:03 +0000',
    '17/May/2015:10:05:59 +0000',
    '17/May/2015:10:05:65 +0000',
    '01/Jan/2016:00:00:00 -0930',
    '-',
  ],
  'time-iso': ['2015-05-17T10:05:03+00:00', '2015-05-17T10:05:04.5Z', '-'],
  'time-seconds': ['1431857103.125', '-'],
  'time-milliseconds': ['1431857103125'],
  'time-microseconds': ['1431857103125000'],
  request: ['GET / HTTP/1.1', 'POST /a?b HTTP/2.0', '-'],
}

/** Lines in which most fields are regular and few are odd. */
const nearly = ({ before, fields }: Template): fc.Arbitrary<Buffer> => {
  const odd = fc.array(pieces, { maxLength: 2 }).map(values => values.join(''))
  const values = fields.map(({ type }) =>
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...usual[type]) },
      { weight: 1, arbitrary: odd },
      { weight: 1, arbitrary: pieces },
    ),
  )
  const end = fc.constantFrom('', '', '', '\r', ' ', '\r\r')
  return fc
    .tuple(fc.tuple(...values), end)
    .map(([texts, last]) => Buffer.from(before + fields.map(({ after }, index) => texts[index] + after).join('') + last))
}

const anything = fc.oneof(
  fc.array(pieces).map(each => Buffer.from(each.join(''))),
  fc.uint8Array({ maxLength: 80 }).map(bytes => Buffer.from(bytes)),
)

const regular = Buffer.from('192.0.2.7 - ann [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl/8" 0.125')

/** Lines of a template, regular, damaged and none at all. */
function linesOf(template: Template): fc.Arbitrary<Buffer> {
  const damaged = nearly(template).chain(line =>
    fc.tuple(fc.nat(line.length), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => {
      const copy = Buffer.from(line)
      if (at < copy.length && byte !== 10) copy[at] = byte
      return copy
    }),
  )
  const line = fc.oneof(nearly(template), damaged, anything, fc.constant(regular))
  return fc
    .array(line, { minLength: 1, maxLength: 8 })
    .map(lines =>
      Buffer.concat(lines.flatMap(each => [Buffer.from(each.map(byte => (byte === 10 ? 32 : byte))), Buffer.from('\n')])),
    )
}

describe.each(formats)('%s', (_, template) => {
  test('is read alike by the quick and by the exact path, whatever the lines are', () => {
    fc.assert(
      fc.property(linesOf(template), bytes => {
        const quick = outcome(template, bytes)
        expect(quick).toEqual(outcome(template, bytes, { exactOnly: true }))
        for (const record of quick.text.split('\n').slice(0, -1)) JSON.parse(record)
      }),
      { numRuns: 1500 },
    )
  }, 120_000)

  test('has the same in the fields that are wanted, where only some are', () => {
    const names = template.fields.flatMap(({ name, type }) =>
      type === 'request' ? ['method', 'path', 'protocol', name] : [name],
    )
    fc.assert(
      fc.property(linesOf(template), fc.subarray(names), (bytes, only) => {
        const format = templateFormat(template)
        const [whole, some] = [readLines(format, bytes), readLines(format.only?.(only) ?? format, bytes)]
        const [records, lean] = [whole, some].map(({ bytes: json }) => json.toString('utf8').split('\n').slice(0, -1)) as [
          string[],
          string[],
        ]
        expect(lean.length).toBe(records.length)
        for (const [at, json] of records.entries()) {
          const [record, less] = [JSON.parse(json), JSON.parse(lean[at] ?? '')]
          for (const name of only) expect(less[name]).toEqual(record[name])
          for (const name of Object.keys(less)) expect(less[name]).toEqual(record[name])
        }
        const { records: fit, misfits, blank, reasons } = whole.tally
        expect(some.tally).toMatchObject({ records: fit, misfits, blank, reasons })
      }),
      { numRuns: 700 },
    )
  }, 120_000)
})

function outcome(template: Template, bytes: Buffer, options = {}) {
  const { bytes: records, tally } = readLines(templateFormat(template, options), bytes)
  const { records: fit, misfits, blank, unreadTimes, reasons } = tally
  return { bytes: records.toString('latin1'), text: records.toString('utf8'), fit, misfits, blank, unreadTimes, reasons }
}
