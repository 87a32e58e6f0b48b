import { DerError } from '../der.ts'
import type { ClientHello } from './client-hello.ts'
import { RecordKeys } from './record-keys.ts'

/** The certificate of a server with its stapled OCSP answer, DER. */
export interface Staple {
  readonly certificate: Uint8Array
  readonly response?: Uint8Array
}

const types = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 }
const messages = {
  serverHello: 2,
  encryptedExtensions: 8,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  status: 22,
}
/** A longer flight is followed by nobody. */
const maxBytes = 262_144

/** SHA-256 of `HelloRetryRequest`: a ServerHello with this random asks for another hello (RFC 8446, section 4.1.3). */
const retry = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'

/** Reads the first words of a server up to its certificate and what is stapled to it. */
export class ServerFlight {
  readonly #hello: ClientHello
  #bytes: Buffer = Buffer.alloc(0)
  #plain: Buffer = Buffer.alloc(0)
  #total = 0
  #keys: RecordKeys | undefined
  #certificate: Uint8Array | undefined

  constructor(hello: ClientHello) {
    this.#hello = hello
  }

  /** Takes what came. Undefined until all that is wanted is there. @throws DerError for what is no handshake that goes on */
  take(chunk: Uint8Array): Staple | undefined {
    this.#total += chunk.length
    if (this.#total > maxBytes) throw new DerError('too long a handshake')
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    while (this.#bytes.length >= 5) {
      const length = this.#bytes.readUInt16BE(3)
      if (length > 16_640) throw new DerError('a record that is too long')
      if (this.#bytes.length < 5 + length) return undefined
      const header = this.#bytes.subarray(0, 5)
      const body = this.#bytes.subarray(5, 5 + length)
      this.#bytes = this.#bytes.subarray(5 + length)
      const found = this.#record(header, body)
      if (found) return found
    }
    return undefined
  }

  #record(header: Buffer, body: Buffer): Staple | undefined {
    if (header[0] === types.changeCipherSpec) return undefined
    const { type, content } =
      header[0] === types.applicationData && this.#keys ? this.#keys.open(header, body) : { type: header[0], content: body }
    if (type !== types.handshake) throw new DerError('an alert, or something that is no handshake')
    this.#plain = Buffer.concat([this.#plain, content])
    while (this.#plain.length >= 4) {
      const length = this.#plain.readUIntBE(1, 3)
      if (this.#plain.length < 4 + length) return undefined
      const whole = this.#plain.subarray(0, 4 + length)
      this.#plain = this.#plain.subarray(4 + length)
      const found = this.#message(whole)
      if (found) return found
    }
    return undefined
  }

  #message(whole: Buffer): Staple | undefined {
    const reader = new VectorReader(whole.subarray(4))
    switch (whole[0]) {
      case messages.serverHello:
        this.#serverHello(whole)
        return undefined
      case messages.encryptedExtensions:
      case messages.certificateRequest:
        return undefined
      case messages.certificate:
        return this.#certificates(reader)
      case messages.status:
        return this.#done(statusIn(reader))
      case messages.serverKeyExchange:
      case messages.serverHelloDone:
        return this.#done(undefined)
      default:
        throw new DerError('a message out of order')
    }
  }

  #serverHello(whole: Buffer): void {
    const reader = new VectorReader(whole.subarray(4))
    reader.bytes(2)
    if (reader.bytes(32).toString('hex') === retry) throw new DerError('the server wants another hello')
    reader.vector(1)
    const suite = reader.number(2)
    reader.bytes(1)
    const extensions = reader.done ? new Map<number, Buffer>() : extensionsIn(reader)
    if (extensions.get(43)?.toString('hex') !== '0304') return
    const share = new VectorReader(extensions.get(51) ?? Buffer.alloc(0))
    const shared = this.#hello.agree(share.number(2), share.vector(2))
    this.#keys = new RecordKeys(suite, { shared, transcript: Buffer.concat([this.#hello.message, whole]) })
  }

  /** In TLS 1.3 each certificate has its extensions with it; before, the answer is a message of its own. */
  #certificates(reader: VectorReader): Staple | undefined {
    if (this.#keys) reader.vector(1)
    const list = new VectorReader(reader.vector(3))
    this.#certificate = list.vector(3)
    if (!this.#keys) return undefined
    const status = extensionsIn(list).get(5)
    return this.#done(status && statusIn(new VectorReader(status)))
  }

  #done(response: Uint8Array | undefined): Staple {
    if (!this.#certificate) throw new DerError('no certificate')
    return { certificate: this.#certificate, ...(response && { response }) }
  }
}

/** CertificateStatus: one OCSP answer. */
function statusIn(reader: VectorReader): Buffer {
  if (reader.number(1) !== 1) throw new DerError('a status of an unknown kind')
  return reader.vector(3)
}

function extensionsIn(reader: VectorReader): Map<number, Buffer> {
  const list = new VectorReader(reader.vector(2))
  const extensions = new Map<number, Buffer>()
  while (!list.done) extensions.set(list.number(2), list.vector(2))
  return extensions
}

/** The presentation language of TLS (RFC 8446, section 3). */
class VectorReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  bytes(count: number): Buffer {
    const end = this.#at + count
    if (end > this.#bytes.length) throw new DerError('cut off')
    const part = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return part
  }

  number(size: number): number {
    return this.bytes(size).readUIntBE(0, size)
  }

  /** Bytes after their count, which has so many bytes itself. */
  vector(size: number): Buffer {
    return this.bytes(this.number(size))
  }
}
