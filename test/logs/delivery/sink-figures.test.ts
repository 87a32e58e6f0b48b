import { expect, test } from 'bun:test'
import { reasonOf, SinkFigures } from '../../../src/lib/logs/delivery/sink-figures.ts'

test.each([
  ['es.example:9200: connect ECONNREFUSED 127.0.0.1:9200', 'econnrefused'],
  ['answered 503: ECONNRESET is what the one behind says', 'http_503'],
  ['es.example: answered 401', 'http_401'],
  ['no answer within 30 s', 'deadline'],
  ['the certificate has expired', 'tls'],
  ['ENOSPC: no space left on device, write', 'enospc'],
  ['answer EVERYTHING 42', 'other'],
  ['', 'other'],
])('a sink that says %p failed by %s', (message, reason) => {
  expect(reasonOf(message)).toBe(reason)
})

test('counts attempts by what came of them, and what was taken', () => {
  const figures = new SinkFigures()
  const parcels = [
    { id: 'a:0-3', count: 3, records: Buffer.from('1\n2\n3\n') },
    { id: 'a:3-4', count: 1, records: Buffer.from('4\n') },
  ]
  figures.sent({ parcels, receipt: { result: 'later', message: 'answered 429' }, seconds: 0.2, isRetry: false })
  figures.sent({ parcels, receipt: { result: 'later', message: 'answered 429' }, seconds: 0.2, isRetry: true })
  figures.sent({ parcels, receipt: { result: 'delivered' }, seconds: 40, isRetry: true })
  expect(figures).toMatchObject({
    results: { delivered: 1, refused: 0, 'too-large': 0, later: 2 },
    failures: new Map([['http_429', 2]]),
    retries: 2,
    sentRecords: 4,
    sentBytes: 8,
  })
  expect(figures.durations.counts.at(-1)).toBe(1)
})
