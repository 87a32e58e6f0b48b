import { createClient } from '@redis/client'
import { type Clock, sleep } from '../../core/clock.ts'
import { OpsError, toOpsError } from '../../core/errors.ts'
import type { Log } from '../../core/io.ts'
import { readProbeEvent } from './probe-event.ts'
import type { Registry } from './registry.ts'
import { entriesOf, isAfter, type StreamEntry } from './stream-entry.ts'

export interface StreamOptions {
  readonly registry: Registry
  /** Reads everything anew that files say. */
  readonly reload: () => Promise<void>
  /** `redis://host:6379` or `rediss://…`, without a password. */
  readonly url: string
  readonly password?: string
  readonly stream: string
  /** Of this instance alone: every instance hears every event. */
  readonly group: string
  readonly clock: Clock
  readonly log: Log
}

/** How a stream of events goes on. Counts are of this process. */
export interface StreamFigures {
  readonly connected: boolean
  readonly applied: number
  /** Events that were refused: they are wrong, and taken as read. */
  readonly refused: number
  /** Events that were taken out of the stream before they were heard. */
  readonly missed: number
  /** Of the last event that was dealt with. */
  readonly lastId: string
}

const consumer = 'opsctl'
/** How long one read waits for events, milliseconds. */
const blockMs = 5000
/** How long an answer may take besides: whoever does not answer is gone, however open the connection looks. */
const answerMs = 10_000
const batch = 100
const pauses = { firstMs: 500, mostMs: 30_000 } as const

type Client = ReturnType<typeof clientOf>

/**
 * Events of a Redis stream, each dealt with once, in their order. The consumer group is this instance's own, so that all instances hear
 * everything, and what came while it was away is heard when it is back. An event is acknowledged when what it leads to is kept: one that a
 * kill cut off is dealt with again, which changes nothing more. A Redis that is away is waited for; the patrol goes on.
 */
export class RegistryStream implements AsyncDisposable {
  readonly #options: StreamOptions
  readonly #controller = new AbortController()
  readonly #done: Promise<void>
  /** So many of the first events of the stream are told as missed, as far as they were not heard. */
  #cut = 0
  #figures: StreamFigures = { connected: false, applied: 0, refused: 0, missed: 0, lastId: '' }

  constructor(options: StreamOptions) {
    this.#options = options
    this.#done = this.#run()
  }

  get figures(): StreamFigures {
    return this.#figures
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort(new OpsError('E_INTERRUPTED', 'the patrol ends'))
    await this.#done
  }

  async #run(): Promise<void> {
    const { clock, log, stream, url } = this.#options
    const { signal } = this.#controller
    let told: string | undefined
    for (let pauseMs: number = pauses.firstMs; !signal.aborted; ) {
      try {
        await this.#listen(() => {
          pauseMs = pauses.firstMs
          told = undefined
          log('info', `listening to the stream ${stream} at ${url}`)
        })
      } catch (error) {
        if (signal.aborted) return
        const { message } = toOpsError(error)
        // Once, however long it takes.
        if (message !== told) log('warn', `the stream ${stream} at ${url} can not be followed, it is tried again: ${message}`)
        told = message
      }
      this.#figures = { ...this.#figures, connected: false }
      await sleep(clock, pauseMs, signal).catch(() => undefined)
      pauseMs = Math.min(pauseMs * 2, pauses.mostMs)
    }
  }

  async #listen(onReady: () => void): Promise<void> {
    const { stream, group } = this.#options
    const { signal } = this.#controller
    const client = clientOf(this.#options)
    // Whoever waits for an answer is told by its own failure.
    client.on('error', () => {})
    const stop = (): void => client.destroy()
    try {
      await this.#answer(client, client.connect())
      signal.addEventListener('abort', stop, { once: true })
      signal.throwIfAborted()
      await this.#join(client)
      // First what was read before and not dealt with, then what is new.
      for (let after = '0'; !signal.aborted; ) {
        const words = ['XREADGROUP', 'GROUP', group, consumer, 'COUNT', String(batch), 'BLOCK', String(blockMs)]
        const answer = await this.#answer(client, client.sendCommand([...words, 'STREAMS', stream, after]))
        const entries = entriesOf(answer)
        if (!this.#figures.connected) {
          this.#figures = { ...this.#figures, connected: true }
          onReady()
        }
        for (const entry of entries) await this.#take(client, { ...entry, isAgain: after !== '>' })
        // Whoever falls behind may be overtaken by the end of the stream.
        if (entries.length === batch) await this.#noteMissed(client)
        if (after !== '>') after = entries.length === 0 ? '>' : (entries.at(-1)?.id ?? '>')
      }
    } finally {
      signal.removeEventListener('abort', stop)
      if (client.isOpen) client.destroy()
    }
  }

  /** Takes its place among those that listen; a Redis that has forgotten it is asked for what came since. */
  async #join(client: Client): Promise<void> {
    const { stream, group, log } = this.#options
    const { lastId } = this.#figures
    const known = await this.#answer(client, client.xInfoStream(stream)).catch(orMissing)
    const lastGenerated = String(known?.['last-generated-id'] ?? '0-0')
    // What has older events only is another stream of that name.
    const isOther = lastId !== '' && isAfter(lastId, lastGenerated)
    if (isOther) {
      this.#figures = { ...this.#figures, lastId: '' }
      this.#cut = 0
    }
    const from = this.#figures.lastId || '0'
    const isNew = await this.#answer(client, client.xGroupCreate(stream, group, from, { MKSTREAM: true })).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error && error.message.startsWith('BUSYGROUP')) return false
        throw error
      },
    )
    if (lastId !== '' && isNew)
      log('warn', `the stream ${stream} has forgotten this patrol: it is heard ${isOther ? 'from its start' : `after ${lastId}`}`)
    await this.#noteMissed(client)
  }

  /** Events that were taken out of the stream though they were not heard yet; a Redis before 7 does not tell. */
  async #noteMissed(client: Client): Promise<void> {
    const { stream, group, log } = this.#options
    const { length, 'entries-added': added } = await this.#answer(client, client.xInfoStream(stream))
    const groups = await this.#answer(client, client.xInfoGroups(stream))
    const read = groups.find(({ name }) => name === group)?.['entries-read']
    if (typeof added !== 'number' || typeof read !== 'number') return
    const missed = added - length - Math.max(read, this.#cut)
    if (missed <= 0) return
    this.#cut = added - length
    this.#figures = { ...this.#figures, missed: this.#figures.missed + missed }
    log('warn', `the stream ${stream} was cut before all of it was heard: events are lost, probes may be missing`, { missed })
  }

  async #take(client: Client, { id, fields, isAgain }: Heard): Promise<void> {
    const { stream, group, log } = this.#options
    const { lastId, missed } = this.#figures
    if (!fields) {
      this.#figures = { ...this.#figures, missed: missed + 1 }
      log('warn', `an event of the stream ${stream} was taken out of it before it was dealt with`, { event: id })
    } else if (lastId === '' || isAfter(id, lastId)) {
      await this.#apply(id, { fields, isAgain })
      this.#figures = { ...this.#figures, lastId: id }
    }
    await this.#answer(client, client.xAck(stream, group, id))
  }

  /** @throws OpsError E_STATE: nothing can be kept now, and it is not the event that is wrong */
  async #apply(
    id: string,
    { fields, isAgain }: { readonly fields: Readonly<Record<string, string>>; readonly isAgain: boolean },
  ): Promise<void> {
    const { registry, reload, log } = this.#options
    try {
      const event = readProbeEvent(fields, id)
      if (event.action === 'put') await registry.put({ name: event.name, text: event.check, source: 'stream' })
      else if (event.action === 'remove') await registry.remove(event.name)
      else if (event.action === 'reload') await reload()
      else await registry.switch(event.name, event.action === 'enable')
      this.#figures = { ...this.#figures, applied: this.#figures.applied + 1 }
    } catch (error) {
      const { code, message, hint } = toOpsError(error)
      if (code === 'E_STATE') throw error
      // Perhaps it was dealt with: what is removed can not be removed again.
      if (isAgain) return log('info', `an event of the stream is not dealt with again: ${message}`, { event: id })
      this.#figures = { ...this.#figures, refused: this.#figures.refused + 1 }
      log('error', `an event of the stream is refused: ${message}${hint ? ` (${hint})` : ''}`, { event: id })
    }
  }

  /** @throws OpsError E_UNREACHABLE when there is none in time */
  async #answer<T>(client: Client, asked: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>()
    const cancel = this.#options.clock.timer(blockMs + answerMs, () => {
      late.reject(new OpsError('E_UNREACHABLE', `no answer within ${(blockMs + answerMs) / 1000} s`))
      client.destroy()
    })
    try {
      return await Promise.race([asked, late.promise])
    } finally {
      cancel()
    }
  }
}

interface Heard extends StreamEntry {
  /** It was read before, and not acknowledged. */
  readonly isAgain: boolean
}

const clientOf = ({ url, password }: StreamOptions) =>
  createClient({
    url,
    ...(password !== undefined && { password }),
    // It is us who connect again: with the events that were read and not dealt with first.
    socket: { reconnectStrategy: false, connectTimeout: 5000 },
    RESP: 2,
  })

/** There is no such stream yet. */
function orMissing(error: unknown): undefined {
  if (error instanceof Error && /no such key/.test(error.message)) return undefined
  throw error
}
