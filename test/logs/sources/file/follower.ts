import type { Json } from '../../../../src/lib/core/json.ts'
import type { Framing, SourceEvent, SourcePlace, Stream, Streams } from '../../../../src/lib/core/log-source.ts'
import { systemClock } from '../../../../src/lib/io/system-clock.ts'
import file from '../../../../src/lib/logs/sources/file.ts'
import { poll } from '../../../helpers/poll.ts'

interface Remembered {
  id: string
  identity: Json
  title: string
  at: number
  token?: Json
  sending?: number
}

/** What a store remembers, without one. */
export class Memory implements Streams {
  readonly streams = new Map<string, Remembered>()
  #count = 0

  known(): readonly Stream[] {
    return [...this.streams.values()].map(row => this.#stream(row))
  }

  async begin(identity: Json, title: string): Promise<Stream> {
    const row: Remembered = { id: `s${this.#count++}`, identity: JSON.parse(JSON.stringify(identity)), title, at: 0 }
    this.streams.set(row.id, row)
    return this.#stream(row)
  }

  #stream(row: Remembered): Stream {
    return {
      id: row.id,
      get identity() {
        return row.identity
      },
      get title() {
        return row.title
      },
      get resume() {
        return { at: row.at, ...(row.token !== undefined && { token: row.token }) }
      },
      get cuts() {
        return row.sending !== undefined && row.sending > row.at ? [row.sending] : []
      },
      get delivered() {
        return row.at
      },
      describe: async (identity, title = row.title) => {
        Object.assign(row, { identity: JSON.parse(JSON.stringify(identity)), title })
      },
    }
  }
}

export interface FollowerOptions {
  readonly memory: Memory
  readonly cwd: string
  readonly params: Readonly<Record<string, Json>>
  readonly follow?: boolean
  readonly framing?: Partial<Framing>
  /** Called for each range before it is taken: false leaves it unacknowledged. */
  readonly takes?: () => boolean
}

/** Takes what a file source gives, and acknowledges it at once. */
export class Follower implements AsyncDisposable {
  readonly lines: string[] = []
  readonly events: Exclude<SourceEvent, { kind: 'lines' | 'idle' }>[] = []
  readonly ranges: {
    readonly id: string
    readonly from: number
    readonly to: number
    readonly isLastChance: boolean
    readonly title: string
    readonly ends?: number[]
  }[] = []
  readonly logged: string[] = []
  readonly ended: Promise<void>
  idles = 0
  onLine: ((line: string) => void) | undefined
  readonly #stop = new AbortController()

  constructor(options: FollowerOptions) {
    this.ended = this.#run(options)
    // Whoever waits for it is told.
    this.ended.catch(() => {})
  }

  async until(what: string, ask: () => boolean): Promise<void> {
    let failure: unknown
    this.ended.catch(error => {
      failure = error
    })
    await poll(what, 20_000, () => {
      if (failure !== undefined) throw failure
      return ask()
    }).catch(error => {
      throw new Error(
        `${error}\nlines: ${this.lines.slice(-10).join('|')}\n${JSON.stringify(this.events.map(({ stream, ...rest }) => ({ ...rest, title: stream.title })))}\n${this.logged.join('\n')}`,
      )
    })
  }

  /** Until so many lines came in all, and nothing more is there. */
  async has(...lines: readonly string[]): Promise<void> {
    await this.until(`${lines.length} lines`, () => this.lines.length >= lines.length)
    if (JSON.stringify(this.lines) !== JSON.stringify(lines)) throw new Error(`${this.lines.join('|')} is not ${lines.join('|')}`)
  }

  get gaps(): { readonly bytes?: number; readonly reason: string }[] {
    return this.events.flatMap(event =>
      event.kind === 'gap' ? [{ reason: event.reason, ...(event.bytes !== undefined && { bytes: event.bytes }) }] : [],
    )
  }

  get ends(): string[] {
    return this.events.flatMap(event => (event.kind === 'end' ? [event.stream.title] : []))
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #run({ memory, cwd, params, follow = true, framing, takes = () => true }: FollowerOptions): Promise<void> {
    const place: Omit<SourcePlace, 'context'> = {
      name: 'test',
      clock: systemClock,
      random: () => 0.5,
      signal: this.#stop.signal,
      log: (level, message, fields) => this.logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
      cwd,
      streams: memory,
      follow,
      framing: { maxLineBytes: 1024 * 1024, longLines: 'cut', ...framing },
    }
    // The file source asks for nothing of the context.
    for await (const event of file.build(params).read(place as SourcePlace)) {
      if (event.kind === 'idle') this.idles++
      else if (event.kind === 'lines') {
        if (!takes()) continue
        this.#take(memory, event)
      } else {
        this.events.push(event)
        if (event.kind === 'end') memory.streams.delete(event.stream.id)
      }
    }
  }

  #take(
    memory: Memory,
    { bytes, stream, from, to, token, ends, isLastChance = false }: Extract<SourceEvent, { kind: 'lines' }>,
  ): void {
    const row = memory.streams.get(stream.id)
    if (row === undefined) throw new Error('lines of a stream that ended')
    if (from !== row.at && row.at > 0) throw new Error(`from ${from} after ${row.at}`)
    row.at = to
    if (token !== undefined) row.token = token
    this.ranges.push({ id: stream.id, from, to, isLastChance, title: stream.title, ...(ends && { ends: [...ends] }) })
    const text = Buffer.from(bytes).toString()
    if (!text.endsWith('\n')) throw new Error('lines without their end')
    for (const line of text.slice(0, -1).split('\n')) {
      this.lines.push(line)
      this.onLine?.(line)
    }
  }
}
