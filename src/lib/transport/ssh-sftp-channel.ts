import { TransportError } from '../core/transport.ts'
import type { ChannelEvents, SshChannel } from './ssh-channel.ts'
import { SshReader, sshString, sshUint32 } from './ssh-encoding.ts'

/** draft-ietf-secsh-filexfer-02, section 3. */
export const sftpRequest = { open: 3, close: 4, read: 5, write: 6, setstat: 9, remove: 13, extended: 200 } as const
const init = 1
const version = 2
const answers = { status: 101, handle: 102, data: 103 } as const

export interface SftpAnswer {
  readonly handle?: Buffer
  readonly data?: Buffer
  /** 0 is well. */
  readonly status?: number
  readonly message: string
}

/** Requests and answers of an sftp subsystem. */
export class SftpChannel implements ChannelEvents {
  readonly #waiting = new Map<number, PromiseWithResolvers<SftpAnswer>>()
  readonly #version = Promise.withResolvers<void>()
  #channel: SshChannel | undefined
  #received: Buffer = Buffer.alloc(0)
  #lastId = 0
  #drained: PromiseWithResolvers<void> | undefined
  #over: TransportError | undefined

  /** @throws TransportError transfer when the host has no sftp */
  static async open(openSession: (events: ChannelEvents) => Promise<SshChannel>): Promise<SftpChannel> {
    const sftp = new SftpChannel()
    sftp.#version.promise.catch(() => undefined)
    sftp.#channel = await openSession(sftp)
    if (!(await sftp.#channel.subsystem('sftp'))) throw new TransportError('transfer', 'the host gives neither a shell nor sftp')
    sftp.#channel.write(sshString(Buffer.concat([Buffer.from([init]), sshUint32(3)])))
    await sftp.#version.promise
    return sftp
  }

  /** @throws TransportError when the connection is lost first */
  async ask(type: number, ...fields: readonly Uint8Array[]): Promise<SftpAnswer> {
    if (this.#over) throw this.#over
    const id = ++this.#lastId
    const answer = Promise.withResolvers<SftpAnswer>()
    this.#waiting.set(id, answer)
    const sent = this.#channel?.write(sshString(Buffer.concat([Buffer.from([type]), sshUint32(id), ...fields])))
    if (!sent) {
      this.#drained ??= Promise.withResolvers<void>()
      await this.#drained.promise
    }
    return answer.promise
  }

  close(): void {
    this.#channel?.close()
  }

  data(bytes: Buffer, stream: 'stdout' | 'stderr'): void {
    this.#channel?.credit(bytes.length)
    if (stream === 'stderr') return
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readUInt32BE()
      if (this.#received.length < end) return
      this.#answered(new SshReader(this.#received.subarray(4, end)))
      this.#received = this.#received.subarray(end)
    }
  }

  drained(): void {
    this.#drained?.resolve()
    this.#drained = undefined
  }

  closed(lost?: string): void {
    this.#over = new TransportError(lost === undefined ? 'transfer' : 'closed', lost ?? 'the host ended sftp')
    this.#version.reject(this.#over)
    for (const answer of this.#waiting.values()) answer.reject(this.#over)
    this.drained()
  }

  #answered(reader: SshReader): void {
    const type = reader.byte()
    if (type === version) {
      this.#version.resolve()
      return
    }
    const id = reader.uint32()
    const answer = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (type === answers.handle) answer?.resolve({ handle: Buffer.from(reader.string()), message: '' })
    else if (type === answers.data) answer?.resolve({ data: Buffer.from(reader.string()), message: '' })
    else if (type === answers.status) answer?.resolve({ status: reader.uint32(), message: reader.text() })
    else answer?.reject(new TransportError('transfer', `the host sent something else than sftp (${type})`))
  }
}
