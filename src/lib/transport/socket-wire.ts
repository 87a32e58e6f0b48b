import type { Clock } from '../core/clock.ts'
import type { Socket } from '../net/connect.ts'
import type { Wire, WireEvents } from './wire.ts'

/** How long a peer may take to close its side before ours is simply dropped. */
const farewellMs = 1000

/** A TCP connection as a Wire. */
export class SocketWire implements Wire {
  readonly #socket: Socket
  readonly #clock: Clock
  #cancelFarewell: (() => void) | undefined

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
  }

  listen(events: WireEvents): void {
    let failure: Error | undefined
    this.#socket.on('data', (bytes: Buffer) => events.data(bytes))
    this.#socket.on('error', error => (failure = error))
    this.#socket.on('end', () => this.#socket.destroy())
    this.#socket.on('close', () => {
      this.#cancelFarewell?.()
      events.closed(failure)
    })
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  end(): void {
    if (this.#socket.destroyed) return
    this.#cancelFarewell = this.#clock.timer(farewellMs, () => this.#socket.destroy(), { background: true })
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
