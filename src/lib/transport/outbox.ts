import type { Wire } from './wire.ts'

/** Packets of one turn of the event loop leave together: a system call for each would cost more than the packet. */
export class Outbox {
  readonly #wire: Wire
  #packets: Buffer[] = []

  constructor(wire: Wire) {
    this.#wire = wire
  }

  add(packet: Buffer): void {
    this.#packets.push(packet)
    if (this.#packets.length === 1) queueMicrotask(() => this.flush())
  }

  flush(): void {
    const packets = this.#packets
    const [first] = packets
    if (!first) return
    this.#packets = []
    this.#wire.write(packets.length === 1 ? first : Buffer.concat(packets))
  }
}
