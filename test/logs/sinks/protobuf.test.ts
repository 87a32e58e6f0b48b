import { describe, expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ParamsError } from '../../../src/lib/core/params.ts'
import fileSink from '../../../src/lib/logs/sinks/file.ts'
import httpSink from '../../../src/lib/logs/sinks/http.ts'
import natsSink from '../../../src/lib/logs/sinks/nats.ts'
import { Nats } from '../../helpers/nats.ts'
import { needs } from '../../helpers/needs.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { LogServer } from './log-server.ts'
import { decoded, delimited } from './protoc.ts'
import { built, parcel, send, sinkPlace } from './sink-place.ts'

const encoding = 'protobuf'
const parcels = [
  parcel('a', { message: 'zwei\nZeilen ✓' }, { time: '2026-01-02T03:04:05Z', message: 'x'.repeat(200) }),
  parcel('b', { n: 1 }, {}),
]
const expected = [
  'message: "zwei\\nZeilen \\342\\234\\223"',
  `time_unix_nano: 1767323045000000000 message: "${'x'.repeat(200)}"`,
  'fields { name: "n" value { integer: 1 } }',
  '',
]

describe.skipIf(!needs('protoc'))('protoc reads what is written', () => {
  test('by the file sink, on top of what is there', async () => {
    await using directory = await tempDir()
    const config = { path: join(directory.path, 'records.binpb'), encoding }
    let state = {}
    for (const each of parcels) {
      await using sink = await built(fileSink, config).open(sinkPlace({ state }))
      const receipt = await send(sink, [each])
      if (receipt.result === 'delivered') state = receipt.state ?? {}
    }
    expect([...delimited(await readFile(config.path))].map(decoded)).toEqual(expected)
  }, 60_000)

  test('by the http sink', async () => {
    await using server = await LogServer.start()
    await using sink = await built(httpSink, { url: server.url, encoding, compression: 'gzip' }).open(sinkPlace())
    expect(await send(sink, parcels)).toEqual({ result: 'delivered' })
    const [got] = server.all
    expect(got?.headers['content-type']).toBe('application/vnd.google.protobuf; proto=opsctl.logs.v1.Record; encoding=delimited')
    expect([...delimited(got?.body ?? new Uint8Array())].map(decoded)).toEqual(expected)
  }, 60_000)

  test.skipIf(!needs('nats-server'))(
    'by the nats sink',
    async () => {
      await using nats = await Nats.start()
      await nats.addStream('logs')
      await using sink = await built(natsSink, { servers: [nats.server], subject: 'logs.shop', encoding }).open(sinkPlace())
      expect((await send(sink, parcels)).result).toBe('delivered')
      const payloads = await nats.payloads('logs')
      expect(payloads.map(([, payload]) => decoded(payload)).sort()).toEqual(expected.toSorted())
    },
    60_000,
  )
})

test('an array of protobuf is refused', () => {
  expect(() => httpSink.build({ url: 'http://logs.example', encoding, body: 'array' })).toThrow(ParamsError)
})
