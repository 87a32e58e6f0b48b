import { posix } from 'node:path'
import { sleep } from '../../../core/clock.ts'
import type { Connector } from '../../../core/context.ts'
import type { Host } from '../../../core/host.ts'
import type { SourceEvent, SourcePlace } from '../../../core/log-source.ts'
import type { Sudo } from '../../../core/transport.ts'
import { backoffMs } from '../../../run/retry.ts'
import { type RemoteFile, RemoteReader } from './remote-reader.ts'
import { identityOf, prefixOf, RemoteStream } from './remote-stream.ts'

export interface RemoteHostOptions {
  readonly host: Host
  readonly place: SourcePlace
  readonly connector: Pick<Connector, 'connect'>
  readonly sudo?: Sudo
  /** Patterns of paths. */
  readonly paths: readonly string[]
  /** True for what is not to be read. */
  readonly isExcluded: (path: string) => boolean
  /** Files that are there at the first look ever are read from there. */
  readonly start: 'beginning' | 'end'
  readonly pollMs: number
  /** Without following: how often it is tried to connect. */
  readonly attempts: number
}

/** A file that was renamed and did not grow for so many looks is done with. */
const quietLooks = 10
const backoff = { baseMs: 500, maxMs: 30_000 } as const

/** The files of one host, over one connection that is made anew whenever it is lost. */
export class RemoteHost {
  readonly #options: RemoteHostOptions
  /** By device and inode. */
  readonly #streams = new Map<string, RemoteStream>()
  #isFirstLook: boolean
  #failedAttempts = 0
  #downSince: number | undefined

  constructor(options: RemoteHostOptions) {
    this.#options = options
    const { host, place } = options
    for (const stream of place.streams.known()) {
      const identity = identityOf(stream)
      if (identity?.host === host.name) this.#streams.set(identity.node, new RemoteStream(stream, identity, { isNew: false }))
    }
    this.#isFirstLook = this.#streams.size === 0
  }

  get name(): string {
    return this.#options.host.name
  }

  /** What it has, until the signal aborts, or its end where nothing is followed. @throws Error when it could not be read, without following */
  async *events(): AsyncGenerator<SourceEvent> {
    const { place, connector, host, sudo, attempts } = this.#options
    const { signal, clock, follow, random } = place
    while (!signal.aborted) {
      try {
        const transport = await connector.connect(host, { signal })
        await using reader = new RemoteReader(transport, { clock, signal, ...(sudo && { sudo }) })
        for (;;) {
          yield* this.#look(reader)
          if (!follow) return
          yield { kind: 'idle' }
          await sleep(clock, this.#options.pollMs, signal)
        }
      } catch (error) {
        if (signal.aborted) return
        this.#failedAttempts++
        if (!follow && this.#failedAttempts >= attempts) throw error
        this.#tellDown(error)
        await sleep(clock, backoffMs(this.#failedAttempts, { ...backoff, random }), signal).catch(() => {})
      }
    }
  }

  async *#look(reader: RemoteReader): AsyncGenerator<SourceEvent> {
    const { paths, isExcluded } = this.#options
    const files = (await reader.list(paths)).filter(({ path }) => !isExcluded(path))
    this.#tellUp()
    const present = new Map(files.map(file => [file.node, file]))
    yield* this.#rotated(reader, present)
    for (const file of present.values()) yield* this.#file(reader, file)
    this.#isFirstLook = false
  }

  async *#file(reader: RemoteReader, file: RemoteFile): AsyncGenerator<SourceEvent> {
    const known = this.#streams.get(file.node)
    if (known && !(await known.isStill(reader, file))) yield* this.#overwritten(known)
    const tracked = this.#streams.get(file.node) ?? (await this.#begin(reader, file))
    if (!tracked) return
    if (tracked.identity.path !== file.path) await this.#renamed(tracked, file.path)
    tracked.quietLooks = 0
    if (file.size > tracked.position || !this.#options.place.follow) yield* this.#lines(reader, tracked, file.path)
  }

  /** Streams whose file no pattern finds any more: renamed, or gone. */
  async *#rotated(reader: RemoteReader, present: ReadonlyMap<string, RemoteFile>): AsyncGenerator<SourceEvent> {
    const missing = [...this.#streams.values()].filter(({ identity }) => !present.has(identity.node))
    const directories = new Set(missing.map(({ identity }) => posix.dirname(identity.path)))
    const beside = new Map<string, RemoteFile>()
    for (const directory of directories)
      for (const file of await reader.list([`${quoted(directory)}/*`])) beside.set(file.node, file)
    for (const tracked of missing) {
      const file = beside.get(tracked.identity.node)
      if (!file) yield* this.#gone(tracked)
      else if (!(await tracked.isStill(reader, file))) yield* this.#overwritten(tracked)
      else {
        const before = tracked.position
        yield* this.#lines(reader, tracked, file.path)
        tracked.quietLooks = tracked.position === before ? tracked.quietLooks + 1 : 0
        if (tracked.quietLooks < quietLooks && this.#options.place.follow) continue
        yield* this.#lines(reader, tracked, file.path, true)
        yield this.#end(tracked)
      }
    }
  }

  async *#lines(reader: RemoteReader, tracked: RemoteStream, path: string, isOver = false): AsyncGenerator<SourceEvent> {
    const { place, host } = this.#options
    const whole = isOver || !place.follow
    const nowMs = place.clock.monotonic()
    yield* tracked.lines(reader, { path, framing: place.framing, whole, fields: { host: host.name }, nowMs })
  }

  async #begin(reader: RemoteReader, { path, node, size }: RemoteFile): Promise<RemoteStream | undefined> {
    const { host, place, start } = this.#options
    const begin = await reader.read(path, { from: 0, count: 1024 })
    if (begin?.node !== node) return undefined
    const from = this.#isFirstLook && start === 'end' ? size : 0
    const identity = { host: host.name, path, node, prefix: prefixOf(begin.bytes), begin: from }
    const stream = await place.streams.begin(identity, `${host.name}:${path}`)
    const tracked = new RemoteStream(stream, identity, { isNew: true })
    this.#streams.set(node, tracked)
    return tracked
  }

  *#overwritten(tracked: RemoteStream): Generator<SourceEvent> {
    const { stream, from, size } = tracked
    const bytes = size - from
    if (bytes > 0) {
      yield { kind: 'gap', stream, from, bytes, reason: 'truncated or overwritten before it was read' }
    }
    yield this.#end(tracked)
  }

  *#gone(tracked: RemoteStream): Generator<SourceEvent> {
    const { stream, from, size } = tracked
    const seen = size > from ? { bytes: size - from } : {}
    // Of a file that another process saw last nobody knows what was written to it until it went.
    if (size > from || !tracked.isVerified) yield { kind: 'gap', stream, from, ...seen, reason: 'removed before it was read' }
    yield this.#end(tracked)
  }

  #end(tracked: RemoteStream): SourceEvent {
    this.#streams.delete(tracked.identity.node)
    return { kind: 'end', stream: tracked.stream }
  }

  async #renamed(tracked: RemoteStream, path: string): Promise<void> {
    tracked.identity = { ...tracked.identity, path }
    await tracked.stream.describe(tracked.identity, `${this.#options.host.name}:${path}`)
  }

  #tellDown(error: unknown): void {
    if (this.#downSince !== undefined) return
    const { place, host } = this.#options
    this.#downSince = place.clock.monotonic()
    const problem = error instanceof Error ? error.message : String(error)
    place.onPart?.(host.name, problem)
    place.log('warn', 'a host can not be read: tried again', { source: place.name, host: host.name, problem })
  }

  #tellUp(): void {
    this.#failedAttempts = 0
    if (this.#downSince === undefined) return
    const { place, host } = this.#options
    const seconds = Math.round((place.clock.monotonic() - this.#downSince) / 1000)
    this.#downSince = undefined
    place.onPart?.(host.name, undefined)
    place.log('info', 'a host is read again', { source: place.name, host: host.name, afterSeconds: seconds })
  }
}

/** A path as it is, where patterns are expanded. */
const quoted = (path: string): string => path.replaceAll(/[*?[\]\\]/g, '\\$&')
