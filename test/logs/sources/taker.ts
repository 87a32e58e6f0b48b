import type { Context } from '../../../src/lib/core/context.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import type { Framing, LogSource, SourceEvent, SourcePlace } from '../../../src/lib/core/log-source.ts'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { poll } from '../../helpers/poll.ts'
import { Memory } from './file/follower.ts'

export interface TakerOptions {
  readonly memory?: Memory
  readonly follow?: boolean
  readonly framing?: Partial<Framing>
  readonly stdin?: () => AsyncIterable<Uint8Array>
  /** Settles before the next event is asked for. */
  readonly takes?: () => Promise<void>
}

type Told = Exclude<SourceEvent, { readonly kind: 'lines' | 'idle' }>

/** Takes what a source gives, holds it to the contract, and acknowledges it at once. */
export class Taker implements AsyncDisposable {
  readonly memory: Memory
  readonly lines: string[] = []
  /** As its event came: several lines where they are one event. */
  readonly events: { readonly text: string; readonly fields?: Readonly<Record<string, string>>; readonly cutFrom?: number }[] = []
  readonly told: Told[] = []
  readonly logged: string[] = []
  readonly ended: Promise<void>
  readonly #stop = new AbortController()

  constructor(source: LogSource, options: TakerOptions = {}) {
    this.memory = options.memory ?? new Memory()
    this.ended = this.#run(source, options)
    this.ended.catch(() => {})
  }

  async until(what: string, ask: (taker: Taker) => boolean, ms = 30_000): Promise<void> {
    await poll(what, ms, () => ask(this)).catch(error => {
      throw new Error(`${error}\n${this.lines.slice(-10).join('|')}\n${this.logged.join('\n')}`)
    })
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.ended.catch(() => {})
  }

  async #run(source: LogSource, { follow = false, framing, stdin, takes }: TakerOptions): Promise<void> {
    const streams = this.memory
    const context = { env: process.env, io: { stdin: { isTerminal: false, read: stdin } } }
    const place: SourcePlace = {
      ...{ name: 'test', clock: systemClock, random: () => 0.01, signal: this.#stop.signal, cwd: process.cwd(), streams, follow },
      log: (level, message, fields) => this.logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
      framing: { maxLineBytes: 1024 * 1024, longLines: 'cut', ...framing },
      // No more of it is asked for.
      context: context as unknown as Context,
    }
    for await (const event of source.read(place)) {
      if (event.kind === 'idle') continue
      const row = streams.streams.get(event.stream.id)
      if (row === undefined) throw new Error('a stream that ended goes on')
      if (event.kind !== 'lines') this.told.push(event)
      if (event.kind === 'end') streams.streams.delete(event.stream.id)
      else {
        if (event.from !== row.at) throw new Error(`from ${event.from} behind ${row.at}`)
        row.at = event.to ?? event.from
      }
      if (event.kind === 'lines') this.#take(event, row)
      await takes?.()
    }
  }

  #take({ bytes, ends, fields, cutFrom, token }: Extract<SourceEvent, { kind: 'lines' }>, row: { token?: Json }): void {
    if (token !== undefined) row.token = token
    const all = Buffer.from(bytes)
    if (!all.toString().endsWith('\n')) throw new Error('lines without their end')
    for (const line of all.toString().slice(0, -1).split('\n')) this.lines.push(line)
    let begin = 0
    for (const end of ends ?? newlines(all)) {
      const text = all.toString('utf8', begin, end - 1)
      this.events.push({ text, ...(fields && { fields }), ...(cutFrom !== undefined && { cutFrom }) })
      begin = end
    }
  }
}

const newlines = (bytes: Buffer): number[] => [...bytes].flatMap((byte, index) => (byte === 10 ? [index + 1] : []))
