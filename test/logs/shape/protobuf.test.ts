import { describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import { recordsOfProtobuf } from '../../../src/lib/logs/shape/protobuf/decode.ts'
import { protobufOf } from '../../../src/lib/logs/shape/protobuf/encode.ts'
import { needs } from '../../helpers/needs.ts'
import { linesOf, recordsOf } from './shaped.ts'

const there = (line: string): string | undefined => linesOf(recordsOfProtobuf(protobufOf(recordsOf([line]))))[0]

describe('a record goes through protobuf and back', () => {
  test.each([
    ['{}'],
    [
      '{"time":"2026-01-02T03:04:05Z","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","message":"é\\n"}',
    ],
    ['{"time":"2026-01-02T03:04:05.120Z"}'],
    ['{"time":"2026-01-02T03:04:05.123456789Z","source":"web","severity":"err","request_id":""}'],
    ['{"time":"2026-01-02T03:04:05+01:00"}'],
    ['{"time":"2026-01-02T03:04:05.1234567891Z"}'],
    ['{"time":"yesterday"}'],
    ['{"time":5,"trace_id":"x","span_id":null,"message":{"a":1}}'],
    [
      '{"a":9223372036854775807,"b":-9223372036854775808,"c":12345678901234567890,"d":0.25,"e":123456789012345.6789,"f":true,"g":null}',
    ],
    ['{"l":[1,[],{"x":[]},"t",null,false],"o":{},"__proto__":{"n":{"m":-1}}}'],
  ])('%s', line => {
    expect(there(line)).toBe(line)
  })

  test('whatever it is', () => {
    const record = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue())
    fc.assert(
      fc.property(record, value => {
        const line = JSON.stringify(value)
        expect(JSON.parse(there(line) ?? '')).toEqual(JSON.parse(line))
      }),
    )
  })
})

test.skipIf(!needs('protoc'))(
  'protoc reads what is written',
  () => {
    const bytes = protobufOf(
      recordsOf([
        '{"time":"2026-01-02T03:04:05.500Z","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","message":"hello","status":503,"took":0.25,"tags":["a",null,true],"big":12345678901234567890}',
      ]),
    )
    const directory = join(import.meta.dirname, '../../../docs/proto')
    const found = spawnSync('protoc', [`-I${directory}`, '--decode=opsctl.logs.v1.Record', 'opsctl/logs/v1/record.proto'], {
      // Without its length, which is one byte or two.
      input: bytes.subarray(bytes.length > 129 ? 2 : 1),
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect(found.stderr).toBe('')
    expect(found.stdout.replaceAll(/\s+/g, ' ')).toBe(
      'time_unix_nano: 1767323045500000000 trace_id: "K\\371/5w\\263M\\246\\243\\316\\222\\235\\016\\016G6" message: "hello" ' +
        'fields { name: "status" value { integer: 503 } } fields { name: "took" value { number: 0.25 } } ' +
        'fields { name: "tags" value { list { values { text: "a" } values { } values { truth: true } } } } ' +
        'fields { name: "big" value { decimal: "12345678901234567890" } } ',
    )
  },
  60_000,
)
