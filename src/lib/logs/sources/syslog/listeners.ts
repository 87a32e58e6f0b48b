import type { SourcePlace } from '../../../core/log-source.ts'
import { DatagramListener } from '../../../net/server/datagram-listener.ts'
import { ServerTls, type TlsOptions } from '../../../net/server/server-tls.ts'
import { type Arrived, StreamListener } from '../../../net/server/stream-listener.ts'
import { formatListenUrl, type ListenUrl } from './listen-urls.ts'
import type { MessageBox } from './message-box.ts'
import { Sender } from './sender.ts'

export interface SyslogSettings {
  readonly listen: readonly ListenUrl[]
  readonly tls?: TlsOptions
  readonly connections: number
  readonly idleMs: number
  readonly receiveBytes: number
}

/** For the handshake of TLS, and for one message to be whole. */
const patience = { handshakeMs: 10_000, messageMs: 60_000 }
/** Held together of messages that are not whole. */
const unfinishedBytes = 32 * 1024 * 1024
/** How often the system is asked what it dropped. */
const dropsEveryMs = 5000
/** Complaints of one kind are told once in so long, with how many there were. */
const complaintsEveryMs = 60_000

/** Everything that messages come over. */
export class Listeners implements AsyncDisposable {
  readonly #place: SourcePlace
  readonly #settings: SyslogSettings
  readonly #box: MessageBox
  readonly #streams: StreamListener[] = []
  readonly #ports: { readonly listener: DatagramListener; told: number }[] = []
  readonly #complaints = new Map<string, { count: number; toldAt: number }>()
  #tls: ServerTls | undefined
  #unfinished = 0
  #cancelTimer = (): void => {}
  #closing: Promise<void> | undefined

  private constructor(place: SourcePlace, settings: SyslogSettings, box: MessageBox) {
    this.#place = place
    this.#settings = settings
    this.#box = box
  }

  /** @throws OpsError E_USAGE, E_CONFIG */
  static async open(place: SourcePlace, settings: SyslogSettings, box: MessageBox): Promise<Listeners> {
    const made = new Listeners(place, settings, box)
    try {
      if (settings.tls) made.#tls = await ServerTls.open(settings.tls)
      for (const url of settings.listen) {
        const address = await made.#open(url)
        place.log('notice', 'listens for syslog', { source: place.name, address: formatListenUrl({ ...url, address }) })
      }
    } catch (error) {
      await made[Symbol.asyncDispose]()
      throw error
    }
    made.#countLater()
    return made
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#cancelTimer()
    for (const listener of this.#streams) await listener.close()
    await this.#count()
    for (const { listener } of this.#ports) await listener.close()
  }

  async #open({ protocol, address }: ListenUrl): Promise<ListenUrl['address']> {
    const { clock, framing } = this.#place
    const { connections, idleMs, receiveBytes } = this.#settings
    if (protocol === 'udp' && address.type === 'tcp') {
      const take = (datagram: Uint8Array, from: string): void => this.#takeDatagram(datagram, from)
      const listener = await DatagramListener.open({ ...address, take, receiveBytes })
      this.#ports.push({ listener, told: 0 })
      return listener.address
    }
    const complain = (remote: string, why: string): void => this.#complain(remote, why)
    const hold = (bytes: number): boolean => {
      this.#unfinished += bytes
      return this.#unfinished <= unfinishedBytes + framing.maxLineBytes
    }
    const sending = {
      box: this.#box,
      clock,
      maxBytes: framing.maxLineBytes,
      idleMs,
      messageMs: patience.messageMs,
      hold,
      complain,
    }
    const listener = await StreamListener.open({
      ...{ address, clock, connections, handshakeMs: patience.handshakeMs, refuse: complain },
      tls: protocol === 'tls' ? this.#tls : undefined,
      accept: (arrived: Arrived) => void new Sender(arrived, sending),
    })
    this.#streams.push(listener)
    return listener.address
  }

  /** A sender of datagrams can not be asked to wait. */
  #takeDatagram(bytes: Uint8Array, from: string): void {
    if (this.#box.hasRoom) this.#box.add({ bytes }, from)
    else this.#box.lose({ span: bytes.length, bytes: bytes.length, reason: 'datagrams came faster than they were taken' })
  }

  #countLater(): void {
    const { clock } = this.#place
    this.#cancelTimer = clock.timer(dropsEveryMs, () => void this.#count().then(() => this.#closing ?? this.#countLater()), {
      background: true,
    })
  }

  async #count(): Promise<void> {
    for (const port of this.#ports) {
      const drops = (await port.listener.drops()) ?? port.told
      const more = drops - port.told
      if (more <= 0) continue
      port.told = drops
      this.#place.log('warn', 'the system dropped datagrams before they could be read', {
        source: this.#place.name,
        datagrams: more,
      })
      this.#box.lose({ span: more, reason: 'the system dropped datagrams' })
    }
  }

  #complain(remote: string, why: string): void {
    const { clock, name, log } = this.#place
    const known = this.#complaints.get(why) ?? { count: 0, toldAt: Number.NEGATIVE_INFINITY }
    this.#complaints.set(why, known)
    known.count++
    const now = clock.monotonic()
    if (now - known.toldAt < complaintsEveryMs) return
    log('warn', 'a sender of syslog was turned away', { source: name, address: remote, problem: why, times: known.count })
    known.count = 0
    known.toldAt = now
  }
}
