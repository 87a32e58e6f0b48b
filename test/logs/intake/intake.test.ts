import { describe, expect, test } from 'bun:test'
import type { Context } from '../../../src/lib/core/context.ts'
import type { Framing, LogSource, SourceEvent, SourcePlace, Stream } from '../../../src/lib/core/log-source.ts'
import type { Parcel, Receipt } from '../../../src/lib/core/sink.ts'
import { BufferPool } from '../../../src/lib/logs/delivery/buffer-pool.ts'
import { Fork } from '../../../src/lib/logs/delivery/fork.ts'
import type { Format } from '../../../src/lib/logs/formats/format.ts'
import { formatOf } from '../../../src/lib/logs/formats/known-formats.ts'
import { Intake } from '../../../src/lib/logs/intake/intake.ts'
import { SourceFeed } from '../../../src/lib/logs/intake/source-feed.ts'
import { StreamBook } from '../../../src/lib/logs/intake/stream-book.ts'
import type { RecordFilter, RuleWatch, Shaper } from '../../../src/lib/logs/pipeline/stages.ts'
import { Records } from '../../../src/lib/logs/records.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { hastyClock, isBalanced, Ordeal } from '../delivery/ordeal.ts'

interface Run {
  readonly rules?: RuleWatch
  readonly isNowhere?: boolean
  readonly directory: string
  /** What the source tells of its only stream. */
  readonly events: (stream: Stream, place: SourcePlace) => AsyncIterable<SourceEvent> | Iterable<SourceEvent>
  readonly format?: Format | undefined
  readonly shaper?: Shaper
  readonly filter?: RecordFilter
}

/** Reads what a source tells of one stream, and gives what arrived. */
async function run({ directory, events, shaper, filter, rules, isNowhere, ...rest }: Run) {
  const format = 'format' in rest ? rest.format : formatOf('json')
  const got: unknown[] = []
  const answer = (parcels: readonly Parcel[]): Receipt => {
    for (const { records } of parcels)
      for (const line of Buffer.from(records).toString().split('\n').slice(0, -1)) got.push(JSON.parse(line))
    return { result: 'delivered' }
  }
  let forget = (_: ReadonlySet<string>): void => {}
  await using ordeal = await Ordeal.begin({ directory, answer, seen: streams => forget(streams) })
  const { store, lane, deadLetters } = ordeal
  const lanes = [lane]
  const book = new StreamBook({ store, clock: hastyClock, source: 'web', lanes })
  forget = streams => {
    for (const stream of streams) book.forgetDelivered(stream)
  }
  const source: LogSource = {
    title: 'a test',
    isReplayable: true,
    async *read(place) {
      const stream = place.streams.known()[0] ?? (await place.streams.begin('access.log', 'access.log'))
      yield* events(stream, place)
    },
  }
  const { signal } = new AbortController()
  const log = (_: string, message: string): void => void ordeal.log.push(message)
  const framing: Framing = { maxLineBytes: 1000, longLines: 'cut' }
  const definition = { name: 'web', type: 'test', source, framing, ...(format && { format }) }
  const feed = new SourceFeed(definition, {
    ...{ clock: hastyClock, random: () => 0.5, log, cwd: directory, streams: book, follow: false },
    // No source of these tests looks at it.
    context: {} as Context,
  })
  await new Intake({
    ...{ feed, leave: signal, book, clock: hastyClock, store, log, deadLetters, readers: 1, shaper, rules, isNowhere },
    pool: new BufferPool({ bytes: 1024, kept: 1 }),
    fork: new Fork({ lanes, clock: hastyClock, signal }),
    filters: new Map(filter ? [['loki', filter]] : []),
  }).run()
  await lane.drained()
  for (const row of store.ledger()) expect(row).toSatisfy(isBalanced)
  return {
    got,
    ledger: store.ledger()[0],
    streams: store.streams(),
    letters: await ordeal.letters(),
    gaps: store.gaps.of('web'),
    log: ordeal.log,
  }
}

const linesOf = (stream: Stream, from: number, text: string) =>
  ({ kind: 'lines', stream, from, to: from + text.length, bytes: Buffer.from(text) }) as const

describe('an intake', () => {
  test('delivers records in order, and keeps what does not fit as a record', async () => {
    await using directory = await tempDir()
    const { got, ledger } = await run({
      directory: directory.path,
      events: stream => [linesOf(stream, 0, '{"n":1}\n\nno json\n'), linesOf(stream, 17, '{"n":2}\n')],
    })
    expect(got).toEqual([{ n: 1 }, { raw: 'no json', error: 'is not JSON' }, { n: 2 }])
    expect(ledger).toMatchObject({ lines: 4, bytes: 25, records: 3, delivered: 3 })
  })

  test('shows records to rules alone, and passes on nothing but how many there were', async () => {
    await using directory = await tempDir()
    const seen: string[] = []
    const rules: RuleWatch = {
      see: ({ lines }) => void seen.push(Buffer.from(lines).toString()),
      wants: undefined,
      idle: () => {},
      status: () => {
        throw new Error('nobody asks')
      },
      [Symbol.asyncDispose]: async () => {},
    }
    const { got, ledger } = await run({
      directory: directory.path,
      events: stream => [linesOf(stream, 0, '{"n":1}\n{"n":2}\n'), linesOf(stream, 16, '{"n":3}\n')],
      rules,
      isNowhere: true,
    })
    expect(seen).toEqual(['{"n":1}\n{"n":2}\n', '{"n":3}\n'])
    expect(got).toEqual([])
    expect(ledger).toMatchObject({ lines: 3, bytes: 24, records: 3, delivered: 3 })
  })

  test('adds fields of the source, but not over those of the record', async () => {
    await using directory = await tempDir()
    const fields = { host: 'web1', 'container "a"': 'shop' }
    const { got } = await run({
      directory: directory.path,
      events: stream => [{ ...linesOf(stream, 0, '{"n":1}\n{}\n{"host":"db"}\n{ }\n{"a":{"host":1}}\n'), fields }],
    })
    expect(got).toEqual([{ n: 1, ...fields }, fields, { ...fields, host: 'db' }, fields, { a: { host: 1 }, ...fields }])
  })

  test('makes one record of an event of several lines', async () => {
    await using directory = await tempDir()
    const events = ['[09:00] boom\n  at a.js\n  at b.js\n', '[09:01] fine\n', 'odd\n  more\n']
    const format = formatOf('regex:^\\[(?P<time>[^\\]]+)\\] (?P<message>.*)$')
    const ends = Uint32Array.from(events.map((_, index) => events.slice(0, index + 1).join('').length))
    const { got } = await run({
      directory: directory.path,
      format,
      events: stream => [{ ...linesOf(stream, 0, events.join('')), ends }],
    })
    expect(got).toEqual([
      { time: '09:00', message: 'boom\n  at a.js\n  at b.js' },
      { time: '09:01', message: 'fine' },
      { raw: 'odd\n  more', error: expect.any(String) },
    ])
  })

  test('reads JSON that goes over several lines, and gives a record without a message all of the event as that', async () => {
    await using directory = await tempDir()
    const pretty = '{\n  "n": 1\n}\n'
    const json = await run({
      directory: directory.path,
      events: stream => [{ ...linesOf(stream, 0, pretty), ends: Uint32Array.of(pretty.length) }],
    })
    expect(json.got).toEqual([{ n: 1 }])
    await using other = await tempDir()
    const event = 'a=1\n  b\n'
    const logfmt = await run({
      directory: other.path,
      format: formatOf('logfmt'),
      events: stream => [{ ...linesOf(stream, 0, event), ends: Uint32Array.of(event.length) }],
    })
    expect(logfmt.got).toEqual([{ a: 1, message: 'a=1\n  b' }])
  })

  test('goes on in the middle of a table with the columns of its beginning, and with the format that it found', async () => {
    for (const format of [formatOf('csv'), undefined]) {
      await using directory = await tempDir()
      const beginning = format ? 'time,status\n1,200\n' : 'level=info msg=one status=200\n'
      const rest = format ? '2,500\n' : 'level=warn msg=two status=500\n'
      await run({ directory: directory.path, format, events: stream => [linesOf(stream, 0, beginning)] })
      const { got } = await run({
        directory: directory.path,
        format,
        events: stream => [linesOf(stream, stream.resume.at, rest)],
      })
      expect(got).toMatchObject([{ status: 500 }])
    }
  })

  test('counts and passes a gap once, and forgets a stream when all of it is delivered', async () => {
    await using directory = await tempDir()
    const gap = (stream: Stream): SourceEvent => ({
      kind: 'gap',
      stream,
      from: 8,
      to: 100,
      bytes: 92,
      reason: 'truncated before it was read',
    })
    const first = await run({
      directory: directory.path,
      events: stream => [linesOf(stream, 0, '{"n":1}\n'), gap(stream), gap(stream)],
    })
    expect(first.gaps).toEqual({ count: 1, bytes: 92, unknown: 0 })
    expect(first.log).toEqual(['lines are lost'])
    const second = await run({
      directory: directory.path,
      events: stream => {
        expect(stream.resume.at).toBe(100)
        return [linesOf(stream, 100, '{"n":2}\n'), { kind: 'end', stream }]
      },
    })
    expect(second.got).toEqual([{ n: 2 }])
    expect(second.streams).toEqual([])
    expect(second.ledger).toMatchObject({ records: 2, bytes: 16, delivered: 2 })
  })

  test('buries what a stage does not let pass, counts it for each sink, and lets a filter choose', async () => {
    await using directory = await tempDir()
    const shaper: Shaper = {
      shape: records => ({
        records: Records.ofObjects(
          records.objects.filter(({ bad }) => bad === undefined).map(record => ({ ...record, seen: true })),
        ),
        filtered: 0,
        dead: records.objects
          .filter(({ bad }) => bad)
          .map(record => ({ stage: 'schema', reason: 'bad', record: JSON.stringify(record) })),
      }),
    }
    const filter: RecordFilter = {
      text: 'n > 1',
      filter: records => Records.ofObjects(records.objects.filter(({ n }) => Number(n) > 1)),
    }
    const { got, letters, ledger } = await run({
      directory: directory.path,
      shaper,
      filter,
      events: stream => [linesOf(stream, 0, '{"n":1}\n{"n":2}\n{"n":3,"bad":true}\n')],
    })
    expect(got).toEqual([{ n: 2, seen: true }])
    expect(letters).toMatchObject([{ stage: 'schema', reason: 'bad', record: '{"n":3,"bad":true}', source: 'web' }])
    expect(ledger).toMatchObject({ lines: 3, records: 2, delivered: 1, dead: 1 })
  })
})
