import { createClient } from '@redis/client'
import { type Clock, sleep } from '../../core/clock.ts'
import { OpsError, toOpsError } from '../../core/errors.ts'
import type { Log } from '../../core/io.ts'
import { readProbeEvent } from './probe-event.ts'
import type { Registry } from './registry.ts'

export interface StreamOptions {
  /** `redis://host:6379` or `rediss://…`, without a password. */
  readonly url: string
  readonly password?: string
  readonly stream: string
  /** Of this instance alone: every instance hears every event. */
  readonly group: string
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** How a stream of events goes on. */
export interface StreamFigures {
  readonly connected: boolean
  readonly applied: number
  /** Events that were refused: they are wrong, and taken as read. */
  readonly refused: number
  /** Of the last event that was dealt with. */
  readonly lastId: string
}

const consumer = 'opsctl'
/** How long one read waits for events, milliseconds: a connection that died is noticed after it. */
const blockMs = 5000
const batch = 100
const pauses = { firstMs: 500, mostMs: 30_000 } as const

/**
 * Events of a Redis stream, each dealt with once, in their order. The consumer group is this instance's own, so that all instances hear
 * everything, and what came while it was away is heard when it is back. An event is acknowledged when what it leads to is kept: one that a
 * kill cut off is dealt with again, which changes nothing more. A Redis that is away is waited for; the patrol goes on.
 */
export class RegistryStream implements AsyncDisposable {
  readonly #options: StreamOptions
  readonly #registry: Registry
  readonly #controller = new AbortController()
  readonly #done: Promise<void>
  #figures: StreamFigures = { connected: false, applied: 0, refused: 0, lastId: '' }

  constructor(registry: Registry, options: StreamOptions) {
    this.#registry = registry
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
    for (let pauseMs: number = pauses.firstMs; !signal.aborted; ) {
      try {
        await this.#listen(() => {
          pauseMs = pauses.firstMs
          log('info', `listening to the stream ${stream} at ${url}`)
        })
      } catch (error) {
        if (signal.aborted) return
        if (this.#figures.connected || pauseMs === pauses.firstMs)
          log('warn', `the stream ${stream} at ${url} can not be read, it is tried again: ${toOpsError(error).message}`)
      }
      this.#figures = { ...this.#figures, connected: false }
      await sleep(clock, pauseMs, signal).catch(() => undefined)
      pauseMs = Math.min(pauseMs * 2, pauses.mostMs)
    }
  }

  async #listen(onReady: () => void): Promise<void> {
    const { url, password, stream, group } = this.#options
    const client = createClient({
      url,
      ...(password !== undefined && { password }),
      // It is us who connect again: with the events that were read and not dealt with first.
      socket: { reconnectStrategy: false, connectTimeout: 5000 },
      RESP: 2,
    })
    // Whoever waits for an answer is told by its own failure.
    client.on('error', () => {})
    const stop = (): void => client.destroy()
    try {
      await client.connect()
      this.#controller.signal.addEventListener('abort', stop, { once: true })
      this.#controller.signal.throwIfAborted()
      await client.xGroupCreate(stream, group, '0', { MKSTREAM: true }).catch((error: unknown) => {
        if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error
      })
      this.#figures = { ...this.#figures, connected: true }
      onReady()
      // First what was read before and not dealt with, then what is new.
      for (let after = '0'; !this.#controller.signal.aborted; ) {
        const read = await client.xReadGroup(group, consumer, { key: stream, id: after }, { COUNT: batch, BLOCK: blockMs })
        const entries = read?.[0]?.messages ?? []
        for (const entry of entries) {
          // An entry that was trimmed away since has no fields.
          if (entry.message) await this.#apply(entry.id, entry.message)
          await client.xAck(stream, group, entry.id)
          this.#figures = { ...this.#figures, lastId: entry.id }
        }
        if (after !== '>') after = entries.length === 0 ? '>' : (entries.at(-1)?.id ?? '>')
      }
    } finally {
      this.#controller.signal.removeEventListener('abort', stop)
      if (client.isOpen) client.destroy()
    }
  }

  async #apply(id: string, fields: Readonly<Record<string, string>>): Promise<void> {
    try {
      const event = readProbeEvent(fields, id)
      if (event.action === 'put') await this.#registry.put(event.name, event.check, 'stream')
      else if (event.action === 'remove') await this.#registry.remove(event.name)
      else if (event.action === 'reload') await this.#registry.reload()
      else await this.#registry.switch(event.name, event.action === 'enable')
      this.#figures = { ...this.#figures, applied: this.#figures.applied + 1 }
    } catch (error) {
      const { message } = toOpsError(error)
      this.#figures = { ...this.#figures, refused: this.#figures.refused + 1 }
      this.#options.log('error', `an event of the stream is refused: ${message}`, { event: id })
    }
  }
}
