import type { z } from 'zod'
import { BackendError, type BackendTools, type Revision } from '../../../core/backend.ts'
import { sleep } from '../../../core/clock.ts'
import { byKey } from '../../digest.ts'
import type { EtcdGateway } from './gateway.ts'
import type { RangeAnswer, WatchMessage } from './messages.ts'

export interface FollowerParts {
  readonly gateway: EtcdGateway
  readonly prefix: string
  readonly tools: BackendTools
  /** A server that is silent for so long is taken for dead. */
  readonly heartbeatMs: number
  /** After so long everything is listed again, whatever the watch has told. */
  readonly refreshMs: number
  /** Told the state after every change, the first one included. */
  readonly onState: (revision: Revision) => void
}

const backoff = { baseMs: 100, maxMs: 5000 }

/**
 * Keeps a copy of everything below a prefix: a list, and from its revision on a watch. The cursor is the last revision that the copy holds, so a
 * watch that broke goes on behind it; where the server no longer has what came next (compaction), or knows less than was seen already (a
 * restored backup), everything is listed again, which takes deleted keys out as well.
 */
export class EtcdFollower {
  readonly #parts: FollowerParts
  #entries = new Map<string, Uint8Array>()
  #cursor = 0n
  #mustList = true

  constructor(parts: FollowerParts) {
    this.#parts = parts
  }

  /** Follows until the signal aborts, whose reason it rejects with; also with a BackendError when the server knows no such user. */
  async run(): Promise<never> {
    const { gateway, tools } = this.#parts
    const { clock, random, signal, log } = tools
    for (let failures = 0; ; ) {
      const began = clock.monotonic()
      try {
        await this.#follow()
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof BackendError) || error.reason === 'invalid') throw error
        if (error.reason === 'refused' && this.#cursor === 0n) throw error
        log('warn', 'the watch is broken: it is begun again where it ended', { error: error.message })
        gateway.failOver()
        failures = clock.monotonic() - began > backoff.maxMs ? 1 : failures + 1
        await sleep(clock, random() * Math.min(backoff.maxMs, backoff.baseMs * 2 ** failures), signal)
      }
    }
  }

  /** Returns when everything has to be listed again. @throws BackendError */
  async #follow(): Promise<void> {
    if (this.#mustList) await this.#list()
    // One end ends all three: a watch without a heartbeat proves nothing.
    const ended = new AbortController()
    const { signal: outer } = this.#parts.tools
    const stop = (): void => ended.abort(outer.reason)
    outer.addEventListener('abort', stop, { once: true })
    const parts = [this.#read(ended.signal), this.#beat(ended.signal), this.#refresh(ended.signal)]
    try {
      await Promise.race(parts)
    } finally {
      outer.removeEventListener('abort', stop)
      ended.abort(new BackendError('unreachable', 'the watch is over'))
      await Promise.allSettled(parts)
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { gateway, prefix } = this.#parts
    for await (const message of gateway.watch({ prefix, from: this.#cursor + 1n, signal })) {
      const compacted = message.canceled && message.compact_revision > 0n
      // A server that was restored, or one that lags behind: a list asks the whole cluster.
      if (compacted || (message.created && message.header.revision < this.#cursor)) {
        this.#mustList = true
        return
      }
      if (message.canceled)
        throw new BackendError('unreachable', `the watch was canceled: ${message.cancel_reason || 'no reason given'}`)
      this.#apply(message)
    }
  }

  /** The watch alone can not tell a silent server from a dead one, nor that it lost something. */
  async #beat(signal: AbortSignal): Promise<void> {
    const { gateway, prefix, heartbeatMs, tools } = this.#parts
    for (let missing = 0n; ; ) {
      await sleep(tools.clock, heartbeatMs / 2, signal)
      if (missing > this.#cursor) {
        this.#mustList = true
        throw new BackendError('unreachable', `${gateway.endpoint} did not tell of revision ${missing}`)
      }
      const { kvs } = await gateway.range({ prefix, changedFrom: this.#cursor + 1n, timeoutMs: heartbeatMs / 2 })
      missing = kvs[0]?.mod_revision ?? 0n
    }
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const { tools, refreshMs } = this.#parts
    for (;;) {
      await sleep(tools.clock, refreshMs, signal)
      await this.#list()
    }
  }

  async #list(): Promise<void> {
    const { gateway, prefix } = this.#parts
    const { header, kvs } = await gateway.range({ prefix })
    const entries = entriesOf(kvs, prefix)
    const moved = this.#mustList || !sameEntries(entries, this.#entries)
    // What the watch told while the list was on its way is newer.
    if (!this.#mustList && header.revision < this.#cursor) return
    this.#entries = entries
    this.#cursor = header.revision
    this.#mustList = false
    if (moved) this.#tell()
  }

  #apply({ events }: WatchMessage): void {
    const { prefix } = this.#parts
    const fresh = events.filter(({ kv }) => kv.mod_revision > this.#cursor)
    for (const { type, kv } of fresh) {
      const key = keyOf(kv.key, prefix)
      if (type === 'DELETE') this.#entries.delete(key)
      else this.#entries.set(key, kv.value)
    }
    const last = fresh.at(-1)
    if (!last) return
    this.#cursor = last.kv.mod_revision
    this.#tell()
  }

  #tell(): void {
    this.#parts.onState({ revision: String(this.#cursor), entries: new Map([...this.#entries].sort(byKey)) })
  }
}

export const entriesOf = (kvs: z.output<typeof RangeAnswer>['kvs'], prefix: string): Map<string, Uint8Array> =>
  new Map(kvs.map(({ key, value }) => [keyOf(key, prefix), value] as const).sort(byKey))

const keyOf = (key: Buffer, prefix: string): string => key.subarray(Buffer.byteLength(prefix)).toString()

const sameEntries = (a: ReadonlyMap<string, Uint8Array>, b: ReadonlyMap<string, Uint8Array>): boolean =>
  a.size === b.size && [...a].every(([key, bytes]) => Buffer.from(bytes).equals(b.get(key) ?? Buffer.of()) && b.has(key))
