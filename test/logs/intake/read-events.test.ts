import { expect, test } from 'bun:test'
import { formatOf } from '../../../src/lib/logs/formats/known-formats.ts'
import { readEvents } from '../../../src/lib/logs/intake/read-events.ts'
import { RecordBuffer } from '../../../src/lib/logs/record-buffer.ts'
import { SourceReading } from '../../../src/lib/logs/source-reading.ts'

/** Each text is an event. */
function read(format: string, events: readonly string[]) {
  const reading = new SourceReading({ name: 'app', format: formatOf(format), log: () => {} })
  const bytes = Buffer.from(events.join(''))
  let end = 0
  const ends = Uint32Array.from(events, event => (end += Buffer.byteLength(event)))
  const buffer = new RecordBuffer({ whole: true })
  readEvents({ bytes, ends, origin: { source: 'app', generation: 0, from: 0, to: bytes.length } }, reading, buffer)
  const lines = Buffer.from(buffer.take()).toString().split('\n').slice(0, -1)
  return { records: lines.map(line => JSON.parse(line)), tally: reading.tally }
}

const cases: readonly { name: string; format: string; events: readonly string[]; records: readonly unknown[] }[] = [
  {
    name: 'of several lines',
    format: 'text',
    events: ['failed\n  at a\n  at b\n', 'done\n'],
    records: [{ message: 'failed\n  at a\n  at b' }, { message: 'done' }],
  },
  {
    name: 'that begins with a blank line',
    format: 'text',
    events: ['\n  at a\n', 'done\n'],
    records: [{ message: '\n  at a' }, { message: 'done' }],
  },
  {
    name: 'that begins with a heading',
    format: 'csv',
    events: ['a,b\n  more\n', '1,2\n'],
    records: [{ message: 'a,b\n  more' }, { a: 1, b: 2 }],
  },
  {
    name: 'whose first line does not fit',
    format: 'klog',
    events: ['panic: no\n  at a\n'],
    records: [{ raw: 'panic: no\n  at a', error: 'does not begin as klog does' }],
  },
  {
    name: 'that is JSON',
    format: 'json',
    events: ['{\n "a": 1\n}\n', '{"a":2}\n'],
    records: [{ a: 1 }, { a: 2 }],
  },
  {
    name: 'that is no JSON',
    format: 'json',
    events: ['{\n "a": 1\n', '{"a":2}\n'],
    records: [{ raw: '{\n "a": 1', error: 'is not JSON' }, { a: 2 }],
  },
]

test.each(cases)('an event $name is one record, and all of its lines are counted', ({ format, events, records }) => {
  const { records: got, tally } = read(format, events)
  expect(got).toEqual([...records])
  expect(tally.records + tally.misfits).toBe(records.length)
  expect(tally.lines).toBe(events.join('').split('\n').length - 1)
})
