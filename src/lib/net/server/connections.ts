import type { Duplex } from 'node:stream'
import type { Clock } from '../../core/clock.ts'
import type { ServerLimits } from './limits.ts'

/** The open connections of a server: bounded, and each with a time by which its next request must have come. */
export class Connections {
  readonly #clock: Clock
  readonly #limits: ServerLimits
  /** Those that wait for a request, longest first. */
  readonly #idle = new Set<Connection>()
  readonly #all = new Set<Connection>()
  #whenEmpty: (() => void) | undefined

  constructor(clock: Clock, limits: ServerLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get size(): number {
    return this.#all.size
  }

  /** Where there is no room the one that has been idle longest gives way; undefined, and the socket closed, where none is. */
  admit(socket: Duplex): Connection | undefined {
    if (this.#all.size >= this.#limits.connections) {
      const [oldest] = this.#idle
      if (oldest === undefined) {
        socket.destroy()
        return undefined
      }
      this.#remove(oldest)
    }
    const connection = new Connection(socket, {
      waits: ms => this.#clock.timer(ms, () => this.#remove(connection), { background: true }),
      idles: isIdle => (isIdle ? this.#idle.add(connection) : this.#idle.delete(connection)),
      limits: this.#limits,
    })
    this.#all.add(connection)
    // Its own trouble ends a connection; nobody else needs to know.
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#remove(connection))
    return connection
  }

  closeIdle(): void {
    for (const connection of [...this.#idle]) this.#remove(connection)
  }

  closeAll(): void {
    for (const connection of [...this.#all]) this.#remove(connection)
  }

  /** Resolves when there is none. */
  empty(): Promise<void> {
    if (this.#all.size === 0) return Promise.resolve()
    return new Promise(resolve => {
      this.#whenEmpty = resolve
    })
  }

  #remove(connection: Connection): void {
    if (!this.#all.delete(connection)) return
    connection.destroy()
    this.#idle.delete(connection)
    if (this.#all.size === 0) this.#whenEmpty?.()
  }
}

interface Terms {
  /** Ends the connection when the time is over. */
  readonly waits: (ms: number) => () => void
  readonly idles: (isIdle: boolean) => void
  readonly limits: ServerLimits
}

/** One of them. */
export class Connection {
  readonly #socket: Duplex
  readonly #terms: Terms
  #stopWaiting: () => void
  #running = 0

  constructor(socket: Duplex, terms: Terms) {
    this.#socket = socket
    this.#terms = terms
    this.#stopWaiting = terms.waits(terms.limits.headersMs)
    // The set of idle ones is told after the constructor has made what it holds.
    queueMicrotask(() => {
      if (this.#running === 0 && !socket.destroyed) terms.idles(true)
    })
  }

  /** A request has come. False, and the connection closed, where too many came at once. */
  begin(): boolean {
    if (this.#running === 0) {
      this.#stopWaiting()
      this.#terms.idles(false)
    }
    this.#running++
    if (this.#running <= this.#terms.limits.pipelined) return true
    this.destroy()
    return false
  }

  /** A request was answered. */
  end(): void {
    this.#running--
    if (this.#running > 0 || this.#socket.destroyed) return
    this.#stopWaiting = this.#terms.waits(this.#terms.limits.idleMs)
    this.#terms.idles(true)
  }

  get isAnswering(): boolean {
    return this.#running > 0
  }

  destroy(): void {
    this.#stopWaiting()
    this.#socket.destroy()
  }
}
