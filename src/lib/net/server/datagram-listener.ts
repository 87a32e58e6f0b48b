import { createSocket, type Socket } from 'node:dgram'
import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { errnoOf } from '../../core/errno.ts'
import { OpsError } from '../../core/errors.ts'
import { formatAddress, type ListenAddress } from './listen-address.ts'

export type DatagramAddress = Extract<ListenAddress, { readonly type: 'tcp' }>

export interface DatagramListenerOptions {
  readonly host: string
  readonly port: number
  /** The datagram is good until the call returns. */
  readonly take: (datagram: Uint8Array, from: string) => void
  /** Room that the system is asked for; it may give less. */
  readonly receiveBytes: number
}

/** A port that takes datagrams. */
export class DatagramListener {
  /** As bound. */
  readonly address: DatagramAddress
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
    const { address, port } = socket.address()
    this.address = { type: 'tcp', host: address, port }
  }

  /** @throws OpsError E_USAGE that names the address */
  static async open({ host, port, take, receiveBytes }: DatagramListenerOptions): Promise<DatagramListener> {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' })
    socket.on('message', (datagram, { address }) => take(datagram, address))
    await new Promise<void>((resolve, reject) => {
      socket.once('error', cause => reject(notListening(formatAddress({ type: 'tcp', host, port }), cause)))
      socket.bind({ address: host, port, exclusive: true }, () => {
        socket.removeAllListeners('error')
        resolve()
      })
    })
    // What a client did wrong, as ICMP tells it, is of no use here.
    socket.on('error', () => {})
    try {
      socket.setRecvBufferSize(receiveBytes)
    } catch {
      // The room that it has is the system's default.
    }
    return new DatagramListener(socket)
  }

  /** How many datagrams the system has dropped for want of room since the port was opened; undefined where it does not tell. */
  async drops(): Promise<number | undefined> {
    const { host, port } = this.address
    const text = await readFile(isIPv6(host) ? '/proc/net/udp6' : '/proc/net/udp', 'latin1').catch(() => '')
    return dropsIn(text, port)
  }

  async close(): Promise<void> {
    await new Promise<void>(resolve => this.#socket.close(resolve))
  }
}

/** Of a port in the text of /proc/net/udp: its address is in hexadecimal, and what was dropped stands last. */
export function dropsIn(text: string, port: number): number | undefined {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = text.split('\n').map(line => line.trim().split(/\s+/))
  const own = rows.filter(([, local]) => local?.endsWith(end)).map(fields => Number(fields.at(-1)))
  return own.length === 0 || own.some(Number.isNaN) ? undefined : own.reduce((sum, each) => sum + each, 0)
}

function notListening(where: string, cause: unknown): OpsError {
  const code = errnoOf(cause) ?? String(cause)
  const hint = code === 'EADDRINUSE' ? 'another program listens there: `ss -lnup` tells which' : undefined
  return new OpsError('E_USAGE', `could not listen on udp://${where}: ${code}`, { cause, ...(hint !== undefined && { hint }) })
}
