import { createHash } from 'node:crypto'
import { type PutOptions, TransportError } from '../core/transport.ts'
import type { ChannelEvents, SshChannel } from './ssh-channel.ts'
import { sshString, sshUint32 } from './ssh-encoding.ts'
import { SftpChannel, sftpRequest } from './ssh-sftp-channel.ts'
import { temporaryName } from './transfer.ts'

const flags = { read: 0x01, write: 0x02, create: 0x08, exclusive: 0x20 } as const
const permissions = 0x04
const endOfFile = 1
const pieceBytes = 32 * 1024
const piecesInFlight = 32

/** Whole files over sftp, for hosts that give no shell. */
export class SftpFiles {
  readonly #sftp: SftpChannel

  constructor(sftp: SftpChannel) {
    this.#sftp = sftp
  }

  /** @throws TransportError transfer when the host has no sftp */
  static async open(openSession: (events: ChannelEvents) => Promise<SshChannel>): Promise<SftpFiles> {
    return new SftpFiles(await SftpChannel.open(openSession))
  }

  /** As putFile() does it with a shell; here what arrived is read back for the comparison. @throws TransportError transfer */
  async put(content: AsyncIterable<Uint8Array> | Uint8Array, path: string, options: PutOptions): Promise<void> {
    if (options.sudo) throw new TransportError('transfer', `${path}: sftp can not write as ${options.sudo.user}`)
    if (options.owner !== undefined) throw new TransportError('transfer', `${path}: sftp can not set an owner by name`)
    const temporary = temporaryName(path)
    const mode = (bits: number): Buffer => Buffer.concat([sshUint32(permissions), sshUint32(bits)])
    const handle = await this.#open(temporary, flags.write | flags.create | flags.exclusive, mode(0o600))
    try {
      const sha256 = await this.#write(handle, content, options.signal)
      await this.#do(path, sftpRequest.close, sshString(handle))
      const there = createHash('sha256')
      for await (const bytes of this.#read(temporary, options.signal)) there.update(bytes)
      if (there.digest('hex') !== sha256) throw new TransportError('transfer', `${path}: what arrived differs from what was sent`)
      await this.#do(path, sftpRequest.setstat, sshString(temporary), mode(options.mode))
      // The plain rename of sftp 3 does not replace a file.
      const rename = sshString('posix-rename@openssh.com')
      await this.#do(path, sftpRequest.extended, rename, sshString(temporary), sshString(path))
    } catch (error) {
      await this.#sftp.ask(sftpRequest.remove, sshString(temporary)).catch(() => undefined)
      throw error
    }
  }

  /** The whole file. @throws TransportError transfer */
  async get(path: string, { signal }: { readonly signal: AbortSignal }): Promise<Uint8Array> {
    const pieces: Uint8Array[] = []
    for await (const bytes of this.#read(path, signal)) pieces.push(bytes)
    return Buffer.concat(pieces)
  }

  close(): void {
    this.#sftp.close()
  }

  /** The SHA-256 of what was written. */
  async #write(handle: Buffer, content: AsyncIterable<Uint8Array> | Uint8Array, signal: AbortSignal): Promise<string> {
    const hash = createHash('sha256')
    const writing = new Set<Promise<void>>()
    let failure: unknown
    let at = 0
    for await (const piece of pieces(content)) {
      signal.throwIfAborted()
      hash.update(piece)
      const write: Promise<void> = this.#do('write', sftpRequest.write, sshString(handle), uint64(at), sshString(piece))
        .catch(error => {
          failure ??= error
        })
        .finally(() => writing.delete(write))
      writing.add(write)
      at += piece.length
      if (writing.size >= piecesInFlight) await Promise.race(writing)
      if (failure) break
    }
    await Promise.all(writing)
    if (failure) throw failure
    return hash.digest('hex')
  }

  async *#read(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    const handle = await this.#open(path, flags.read, sshUint32(0))
    try {
      for (let at = 0; ; ) {
        signal.throwIfAborted()
        const { data, status, message } = await this.#sftp.ask(
          sftpRequest.read,
          ...[sshString(handle), uint64(at), sshUint32(pieceBytes)],
        )
        if (status === endOfFile) return
        if (!data) throw new TransportError('transfer', `${path}: ${message}`)
        yield data
        at += data.length
      }
    } finally {
      this.#sftp.ask(sftpRequest.close, sshString(handle)).catch(() => undefined)
    }
  }

  async #open(path: string, how: number, attributes: Buffer): Promise<Buffer> {
    const { handle, message } = await this.#sftp.ask(sftpRequest.open, sshString(path), sshUint32(how), attributes)
    if (!handle) throw new TransportError('transfer', `${path}: ${message}`)
    return handle
  }

  async #do(what: string, type: number, ...fields: readonly Uint8Array[]): Promise<void> {
    const { status, message } = await this.#sftp.ask(type, ...fields)
    if (status !== 0) throw new TransportError('transfer', `${what}: ${message}`)
  }
}

async function* pieces(content: AsyncIterable<Uint8Array> | Uint8Array): AsyncGenerator<Uint8Array> {
  for await (const bytes of content instanceof Uint8Array ? [content] : content) {
    for (let from = 0; from < bytes.length; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes)
  }
}

function uint64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}
