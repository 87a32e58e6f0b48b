import { describe, expect, test } from 'bun:test'
import { needs } from '../../helpers/needs.ts'
import { LogServer } from './log-server.ts'
import { never, openSink, parcelOf } from './opened.ts'

const trace = '0af7651916cd43dd8448eb211c80319c'
const records = [
  {
    time: '2026-01-02T03:04:05.5Z',
    level: 'WARN',
    message: 'slow',
    trace_id: trace,
    span_id: 'b7ad6b7169203331',
    took: 1.5,
    tries: 3,
    ok: true,
    tags: ['a', null],
    in: { x: 'y' },
  },
  { status: 502, path: '/pay', trace_id: 'none' },
]

describe('the sink otlp', () => {
  test('sends the data model of OpenTelemetry as JSON', async () => {
    await using server = await LogServer.start()
    await using sink = await openSink('otlp', { url: server.url, encoding: 'json', resource: { 'service.name': 'shop' } })
    expect(await sink.send([parcelOf(records)], never)).toEqual({ result: 'delivered' })
    const [request] = server.all
    expect(request?.path).toBe('/v1/logs')
    const { resourceLogs } = JSON.parse(request?.body.toString() ?? '')
    expect(resourceLogs[0].resource).toEqual({ attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] })
    const [first, second] = resourceLogs[0].scopeLogs[0].logRecords
    expect(first).toEqual({
      timeUnixNano: '1767323045500000000',
      observedTimeUnixNano: expect.stringMatching(/^\d{19}$/),
      severityNumber: 13,
      severityText: 'WARN',
      body: { stringValue: 'slow' },
      attributes: [
        { key: 'took', value: { doubleValue: 1.5 } },
        { key: 'tries', value: { intValue: '3' } },
        { key: 'ok', value: { boolValue: true } },
        { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'a' }, {}] } } },
        { key: 'in', value: { kvlistValue: { values: [{ key: 'x', value: { stringValue: 'y' } }] } } },
      ],
      traceId: trace,
      spanId: 'b7ad6b7169203331',
    })
    // Without a message the record is the body, and what is no valid id stays where it was.
    expect(second).toMatchObject({ severityNumber: 17, body: { stringValue: JSON.stringify(records[1]) } })
    expect(second.traceId).toBeUndefined()
  })

  test.skipIf(!needs('protoc'))('sends the same as protobuf, as protoc reads it', async () => {
    await using server = await LogServer.start()
    await using sink = await openSink('otlp', { url: server.url })
    await sink.send([parcelOf(records)], never)
    expect(server.all[0]?.headers['content-type']).toBe('application/x-protobuf')
    const read = Bun.spawnSync(['protoc', '--decode_raw'], { stdin: server.all[0]?.body ?? new Uint8Array() })
    expect(read.exitCode).toBe(0)
    const text = read.stdout.toString()
    for (const piece of ['"service.name"', '"opsctl"', '3: "WARN"', '1: "slow"', '1: "took"', '2: 13', '2: 17', '"y"'])
      expect(text).toContain(piece)
    // 1.5 as a double, and the time in nanoseconds, as fixed 64 bits.
    expect(text).toContain('4: 0x3ff8000000000000')
    expect(text).toContain(`1: 0x${1_767_323_045_500_000_000n.toString(16)}`)
  })

  test('tells what was rejected for good, and sends it no more', async () => {
    const said: unknown[] = []
    await using server = await LogServer.start(
      (_, response) =>
        void response.writeHead(200).end('{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too long"}}'),
    )
    await using sink = await openSink('otlp', { url: server.url, encoding: 'json' }, { log: (...line) => said.push(line) })
    expect(await sink.send([parcelOf(records)], never)).toEqual({ result: 'delivered' })
    expect(said).toEqual([['error', expect.stringContaining('rejected'), { sink: 'out', count: 1, problem: 'too long' }]])
  })
})
