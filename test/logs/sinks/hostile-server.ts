import type { ServerResponse } from 'node:http'
import { type Delivered, LogServer } from './log-server.ts'

/** What a request may meet with. */
const moods = [
  'takes',
  'is busy',
  'asks to wait',
  'finds it too large',
  'fails',
  'hangs',
  'drops it',
  'takes it and drops',
] as const
type Mood = (typeof moods)[number]

/** A batch of fewer records is never too large: what is too large alone would be a dead letter. */
const smallBatch = 20

/**
 * Takes numbered records, as lines over HTTP or as a bulk request of Elasticsearch, whose records it has once for each name. It is in another
 * mood for every request, until it becomes kind.
 */
export class HostileServer implements AsyncDisposable {
  readonly #server: LogServer
  readonly #random: () => number
  isKind = false
  /** The numbers as they were taken over HTTP, in this order. */
  readonly taken: number[] = []
  /** The numbers by name, as they were taken by bulk requests. */
  readonly indexed = new Map<string, number>()
  /** Refused for good. */
  readonly refused = new Set<number>()
  /** How often it took a batch and did not say so. */
  silent = 0
  /** How often it was in which mood. */
  readonly moods = new Map<Mood, number>()

  private constructor(server: LogServer, random: () => number) {
    this.#server = server
    this.#random = random
  }

  static async start(random: () => number): Promise<HostileServer> {
    const server = await LogServer.start()
    const hostile = new HostileServer(server, random)
    server.answer = (request, response) => hostile.#answer(request, response)
    return hostile
  }

  get url(): string {
    return this.#server.url
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }

  #answer(request: Delivered, response: ServerResponse): void {
    this.#server.all.length = 0
    const lines = request.body.toString().split('\n').slice(0, -1)
    const isBulk = request.path.startsWith('/_bulk')
    const mood = this.#mood(lines.length)
    this.moods.set(mood, (this.moods.get(mood) ?? 0) + 1)
    if (mood === 'is busy') response.writeHead(503).end('overloaded')
    else if (mood === 'asks to wait') response.writeHead(429, { 'retry-after': '0' }).end()
    else if (mood === 'finds it too large') response.writeHead(413).end()
    else if (mood === 'fails') response.writeHead(500).end('<html>')
    else if (mood === 'drops it') response.socket?.destroy()
    else if (mood === 'takes it and drops') {
      this.silent++
      if (isBulk) this.#index(lines, 0)
      else this.#take(lines)
      response.socket?.destroy()
    } else if (mood === 'takes') {
      if (isBulk) this.#answerBulk(lines, response)
      else response.writeHead(200).end(this.#take(lines))
    }
  }

  #mood(lines: number): Mood {
    if (this.isKind || this.#random() < 0.5) return 'takes'
    const mood = moods[Math.floor(this.#random() * moods.length)] ?? 'takes'
    return mood === 'finds it too large' && lines < 2 * smallBatch ? 'is busy' : mood
  }

  #take(lines: readonly string[]): string {
    for (const line of lines) this.taken.push(JSON.parse(line).n)
    return '{}'
  }

  #answerBulk(lines: readonly string[], response: ServerResponse): void {
    const items = this.#index(lines, this.isKind ? 0 : this.#random() * 0.1)
    response.writeHead(200).end(JSON.stringify({ errors: items.some(({ create }) => create.status >= 300), items }))
  }

  /** Some of them are busy, and a few are refused for good. */
  #index(lines: readonly string[], share: number): { readonly create: { readonly status: number; readonly error?: object } }[] {
    const items = []
    for (let at = 0; at + 1 < lines.length; at += 2) {
      const name = String(JSON.parse(lines[at] ?? '').create._id)
      const { n } = JSON.parse(lines[at + 1] ?? '')
      const fate = this.#random()
      if (this.indexed.has(name)) items.push({ create: { status: 409, error: { type: 'version_conflict' } } })
      else if (fate < share * 0.05) {
        this.refused.add(n)
        items.push({ create: { status: 400, error: { type: 'document_parsing_exception' } } })
      } else if (fate < share) items.push({ create: { status: 429, error: { type: 'es_rejected_execution_exception' } } })
      else {
        this.indexed.set(name, n)
        items.push({ create: { status: 201 } })
      }
    }
    return items
  }
}
