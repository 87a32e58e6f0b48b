import { describe, expect, test } from 'bun:test'
import { appendFileSync, linkSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { globMatcher } from '../../../src/lib/core/glob.ts'
import { hostNamed } from '../../../src/lib/core/host.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import type { Framing, SourceEvent, Stream } from '../../../src/lib/core/log-source.ts'
import type { Transport } from '../../../src/lib/core/transport.ts'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { piecesFrom } from '../../../src/lib/logs/formats/pieces.ts'
import { RemoteHost } from '../../../src/lib/logs/sources/ssh/remote-host.ts'
import { hostWith } from '../../copy/toolbox.ts'
import { needs } from '../../helpers/needs.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { demandPlainScript } from '../../plan/step-host.ts'

const programs = ['stat', 'tail', 'head', 'printf'] as const
const toolboxes = [
  { name: 'GNU tools and dash', needs: ['dash'], tools: [['sh', 'dash'], ...programs.map(each => [each, each] as const)] },
  { name: 'busybox alone', needs: ['busybox'], tools: ['sh', ...programs].map(each => [each, 'busybox'] as const) },
] as const

/** A stream that a test holds: what was read of it is taken for delivered when the test says so. */
class HeldStream implements Stream {
  readonly id: string
  identity: Json
  title: string
  resume: { at: number } = { at: 0 }
  cuts: number[] = []
  delivered = 0
  constructor(id: string, identity: Json, title: string) {
    this.id = id
    this.identity = identity
    this.title = title
  }
  async describe(identity: Json, title = this.title): Promise<void> {
    this.identity = identity
    this.title = title
  }
}

/** Reads files of a directory as those of a host, again and again, remembering what a store would. */
class Reading {
  readonly streams: HeldStream[] = []
  readonly directory: string
  readonly run: Transport['run']
  /** Every line that came, and gaps and ends as they are told. */
  readonly told: string[] = []
  framing: Framing = { maxLineBytes: 1000, longLines: 'cut' }
  start: 'beginning' | 'end' = 'beginning'
  pattern = 'app.log'
  /** That lines came with. */
  events = 0

  constructor(directory: string, run: Transport['run']) {
    this.directory = directory
    this.run = run
  }

  at = (name: string): string => join(this.directory, name)

  /** One process: what is there is read to its end. Gives what came of it. */
  async once(): Promise<string[]> {
    const before = this.told.length
    for await (const event of this.#host(false).events()) this.#take(event)
    return this.told.slice(before)
  }

  /** A process that follows, until a step says nothing more is to be done: each step is done when nothing is new. */
  async follow(steps: readonly (() => void)[]): Promise<string[]> {
    const before = this.told.length
    const rest = [...steps]
    for await (const event of this.#host(true).events()) {
      if (event.kind !== 'idle') this.#take(event)
      else if (rest.length === 0) break
      else rest.shift()?.()
    }
    return this.told.slice(before)
  }

  #host(follow: boolean): RemoteHost {
    const no = (): never => {
      throw new Error('only commands are run')
    }
    const host = hostNamed('web1', { via: 'local' })
    const transport: Transport = { host, run: this.run, put: no, get: no, [Symbol.asyncDispose]: async () => {} }
    const place = {
      name: 'app',
      clock: systemClock,
      random: () => 0,
      signal: new AbortController().signal,
      log: () => {},
      cwd: '/',
      follow,
      framing: this.framing,
      streams: {
        known: () => this.streams,
        begin: async (identity: Json, title: string) => {
          const stream = new HeldStream(String(this.streams.length), identity, title)
          this.streams.push(stream)
          return stream
        },
      },
      // Nothing of it is used by a host.
      context: undefined as never,
    }
    const connector = {
      connect: async () => transport,
      login: async () => transport,
      [Symbol.asyncDispose]: async () => {},
    }
    return new RemoteHost({
      host,
      place,
      connector,
      paths: [this.at(this.pattern)],
      isExcluded: globMatcher(this.at('*.gz')),
      start: this.start,
      pollMs: 1,
      attempts: 1,
    })
  }

  #take(event: SourceEvent): void {
    if (event.kind === 'lines') {
      const { stream, bytes, from, to, cutFrom, ends } = event
      this.events++
      const held = this.streams.find(({ id }) => id === stream.id)
      // Where reading began is the stream's own matter.
      if (held?.resume.at !== 0) expect(from).toBe(held?.resume.at ?? -1)
      if (held) held.resume = { at: to }
      const starts = ends && [0, ...ends.slice(0, -1)]
      const lines = starts
        ? starts.map((start, index) => Buffer.from(bytes.subarray(start, ends[index])).toString().trimEnd())
        : Buffer.from(bytes).toString().split('\n').slice(0, -1)
      this.told.push(...(cutFrom === undefined ? lines : lines.map(line => `${line}… of ${cutFrom}`)))
    } else if (event.kind === 'gap') {
      const held = this.streams.find(({ id }) => id === event.stream.id)
      if (held && event.to !== undefined) held.resume = { at: event.to }
      this.told.push(`gap of ${event.bytes ?? 'unknown'}: ${event.reason}`)
    } else if (event.kind === 'end') {
      this.told.push('end')
      this.streams.splice(
        this.streams.findIndex(({ id }) => id === event.stream.id),
        1,
      )
    }
  }
}

describe.each(toolboxes)('files of a host with $name', toolbox => {
  const isMissing = !needs(...toolbox.needs)
  const reads = (name: string, check: (reading: Reading) => Promise<void>): void =>
    test.skipIf(isMissing)(
      name,
      async () => {
        await using dir = await tempDir()
        await using tools = await tempDir()
        const host = await hostWith(toolbox.tools, tools.path)
        const run: Transport['run'] = (command, options) => {
          demandPlainScript(command)
          return host.run(command, options)
        }
        await check(new Reading(dir.path, run))
      },
      60_000,
    )

  reads('are read on from where they were', async reading => {
    writeFileSync(reading.at('app.log'), 'one\ntwo\nhalf')
    expect(await reading.once()).toEqual(['one', 'two', 'half'])
    appendFileSync(reading.at('app.log'), ' done\nthree\n')
    expect(await reading.once()).toEqual([' done', 'three'])
    expect(await reading.once()).toEqual([])
  })

  reads('are followed, and a line is held until it is whole', async reading => {
    writeFileSync(reading.at('app.log'), 'one\nha')
    const told = await reading.follow([
      () => appendFileSync(reading.at('app.log'), 'lf'),
      () => appendFileSync(reading.at('app.log'), ' done\ntw'),
      () => appendFileSync(reading.at('app.log'), 'o\n'),
    ])
    expect(told).toEqual(['one', 'half done', 'two'])
  })

  reads('are read to their end under another name, then the new one', async reading => {
    writeFileSync(reading.at('app.log'), 'one\n')
    const told = await reading.follow([
      () => {
        appendFileSync(reading.at('app.log'), 'two\n')
        renameSync(reading.at('app.log'), reading.at('app.log.1'))
        writeFileSync(reading.at('app.log'), 'three\n')
      },
      () => appendFileSync(reading.at('app.log.1'), 'late\n'),
      () => {},
    ])
    expect(told.toSorted()).toEqual(['late', 'one', 'three', 'two'])
    expect(told.indexOf('two')).toBeLessThan(told.indexOf('three'))
  })

  reads('are found again when they were renamed while nobody looked', async reading => {
    writeFileSync(reading.at('app.log'), 'one\n')
    await reading.once()
    appendFileSync(reading.at('app.log'), 'two\nend')
    renameSync(reading.at('app.log'), reading.at('app.log-20260102'))
    writeFileSync(reading.at('app.log'), 'three\n')
    expect(await reading.once()).toEqual(['two', 'end', 'end', 'three'])
  })

  reads('that were cut are begun anew, and what was lost is told', async reading => {
    writeFileSync(reading.at('app.log'), 'one\ntwo\nthree\n')
    await reading.once()
    truncateSync(reading.at('app.log'), 0)
    appendFileSync(reading.at('app.log'), 'four\n')
    expect(await reading.once()).toEqual(['end', 'four'])
  })

  reads('that were written anew and are longer than before are known by their beginning', async reading => {
    writeFileSync(reading.at('app.log'), 'one\n')
    await reading.once()
    writeFileSync(reading.at('app.log'), 'two\nthree\nfour\n')
    expect(await reading.once()).toEqual(['end', 'two', 'three', 'four'])
  })

  reads('that are gone while nobody looked are told as a gap', async reading => {
    writeFileSync(reading.at('app.log'), 'one\n')
    await reading.once()
    rmSync(reading.at('app.log'))
    expect(await reading.once()).toEqual(['gap of unknown: removed before it was read', 'end'])
    expect(await reading.once()).toEqual([])
  })

  reads('that are gone after they were read are done with', async reading => {
    writeFileSync(reading.at('app.log'), 'one\n')
    expect(await reading.follow([() => rmSync(reading.at('app.log')), () => {}])).toEqual(['one', 'end'])
  })

  reads('with lines that are too long are cut, split or left out, and remembered at the ends of lines', async reading => {
    const long = 'x'.repeat(2500)
    for (const [longLines, expected] of [
      ['cut', ['one', `${'x'.repeat(1000)}… of 2500`, 'two']],
      ['split', ['one', 'x'.repeat(1000), 'x'.repeat(1000), 'x'.repeat(500), 'two']],
      ['skip', ['one', 'gap of 2501: a line is longer than max_line', 'two']],
    ] as const) {
      reading.streams.length = 0
      reading.framing = { maxLineBytes: 1000, longLines }
      writeFileSync(reading.at('app.log'), 'one\n')
      const told = await reading.follow([
        () => appendFileSync(reading.at('app.log'), long),
        () => {},
        () => appendFileSync(reading.at('app.log'), '\ntwo\n'),
      ])
      expect(told).toEqual([...expected])
    }
  })

  reads('are events of several lines where that is asked for, the last of which ends when nothing more comes', async reading => {
    const multiline = { by: { line: 'indented' }, maxLines: 500, timeoutMs: 60_000 } as const
    reading.framing = { maxLineBytes: 1000, longLines: 'cut', multiline }
    writeFileSync(reading.at('app.log'), 'one\n at a\n')
    const grows = [
      () => appendFileSync(reading.at('app.log'), ' at b\ntwo\n at'),
      () => appendFileSync(reading.at('app.log'), ' c\nthree\n'),
      () => {},
    ]
    expect(await reading.follow(grows)).toEqual(['one\n at a\n at b', 'two\n at c'])
    expect(await reading.once()).toEqual(['three'])
    reading.framing = { maxLineBytes: 1000, longLines: 'cut', multiline: { ...multiline, timeoutMs: 0 } }
    expect(await reading.follow([() => appendFileSync(reading.at('app.log'), 'four\n at d\n'), () => {}])).toEqual([
      'four\n at d',
    ])
  })

  reads('come with the pieces of a line together', async reading => {
    reading.framing = { maxLineBytes: 1000, longLines: 'cut', pieces: { from: piecesFrom, timeoutMs: 60_000 } }
    const line = (tag: string, text: string) => `2024-03-09T06:05:01.123Z stdout ${tag} ${text}\n`
    writeFileSync(reading.at('app.log'), line('F', 'one') + line('P', 'two'))
    const before = reading.events
    await reading.follow([() => appendFileSync(reading.at('app.log'), line('F', 'end')), () => {}])
    expect(reading.events - before).toBe(2)
    expect(reading.told).toEqual([line('F', 'one'), line('P', 'two'), line('F', 'end')].map(each => each.trimEnd()))
  })

  reads('are of the encoding that their beginning tells, also when they are read on', async reading => {
    const marked = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')
    writeFileSync(reading.at('app.log'), marked('one ü\ntwo\n'))
    expect(await reading.once()).toEqual(['one ü', 'two'])
    appendFileSync(reading.at('app.log'), Buffer.from('three 文\n', 'utf16le'))
    expect(await reading.once()).toEqual(['three 文'])
  })

  reads('are cut where something was under way', async reading => {
    writeFileSync(reading.at('app.log'), 'one\ntwo\nthree\nfour\n')
    const stream = new HeldStream('0', null, 'app.log')
    await reading.once()
    const [known] = reading.streams
    if (known) {
      stream.identity = known.identity
      stream.resume = { at: 4 }
      stream.cuts = [8, 14]
    }
    reading.streams.splice(0, 1, stream)
    const ends: number[] = []
    const take = reading.told.length
    Object.defineProperty(stream, 'resume', {
      get: () => ({ at: ends.at(-1) ?? 4 }),
      set: ({ at }: { at: number }) => ends.push(at),
    })
    await reading.once()
    expect(ends).toEqual([8, 14, 19])
    expect(reading.told.slice(take)).toEqual(['two', 'three', 'four'])
  })

  reads('are chosen by patterns, several names of one file being one', async reading => {
    reading.pattern = '*.log*'
    writeFileSync(reading.at('a b.log'), 'one\n')
    writeFileSync(reading.at('old.log.gz'), 'no\n')
    linkSync(reading.at('a b.log'), reading.at('c.log'))
    expect(await reading.once()).toEqual(['one'])
  })

  reads('are begun at their end where that is asked for, and later ones at their beginning', async reading => {
    reading.start = 'end'
    reading.pattern = '*.log'
    writeFileSync(reading.at('app.log'), 'old\n')
    const told = await reading.follow([
      () => {
        appendFileSync(reading.at('app.log'), 'new\n')
        writeFileSync(reading.at('later.log'), 'first\n')
      },
      () => {},
    ])
    expect(told).toEqual(['new', 'first'])
  })

  reads('of several hundred KiB are read in pieces', async reading => {
    const lines = Array.from({ length: 60_000 }, (_, index) => `line ${index}`)
    writeFileSync(reading.at('app.log'), `${lines.join('\n')}\n`)
    expect(await reading.once()).toEqual(lines)
  })
})
