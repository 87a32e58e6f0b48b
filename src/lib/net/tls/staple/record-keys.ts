import { createDecipheriv, createHash, createHmac } from 'node:crypto'
import { DerError } from '../der.ts'

const bySuite: Readonly<
  Record<number, { readonly hash: string; readonly cipher: 'aes-128-gcm' | 'aes-256-gcm'; readonly keyBytes: number }>
> = {
  4865: { hash: 'sha256', cipher: 'aes-128-gcm', keyBytes: 16 },
  4866: { hash: 'sha384', cipher: 'aes-256-gcm', keyBytes: 32 },
}
const tagBytes = 16

/** Reads what a server of TLS 1.3 says in its handshake (RFC 8446, sections 5.2 and 7.1). */
export class RecordKeys {
  readonly #cipher: 'aes-128-gcm' | 'aes-256-gcm'
  readonly #key: Buffer
  readonly #iv: Buffer
  #sequence = 0n

  /** `transcript` is ClientHello and ServerHello. */
  constructor(suite: number, { shared, transcript }: { readonly shared: Uint8Array; readonly transcript: Uint8Array }) {
    const known = bySuite[suite]
    if (!known) throw new DerError('a cipher that was not offered')
    const { hash, cipher, keyBytes } = known
    const digest = (bytes: Uint8Array): Buffer => createHash(hash).update(bytes).digest()
    const zeros = Buffer.alloc(digest(Buffer.alloc(0)).length)
    const extract = (salt: Uint8Array, secret: Uint8Array): Buffer => createHmac(hash, salt).update(secret).digest()
    const expand = (
      secret: Uint8Array,
      label: string,
      { context, length }: { readonly context: Uint8Array; readonly length: number },
    ): Buffer => {
      const name = Buffer.from(`tls13 ${label}`)
      const info = Buffer.concat([Buffer.of(0, length, name.length), name, Buffer.of(context.length), context, Buffer.of(1)])
      // One block is enough: nothing here is longer than the hash.
      return createHmac(hash, secret).update(info).digest().subarray(0, length)
    }
    const length = zeros.length
    const derived = expand(extract(zeros, zeros), 'derived', { context: digest(Buffer.alloc(0)), length })
    const traffic = expand(extract(derived, shared), 's hs traffic', { context: digest(transcript), length })
    this.#cipher = cipher
    this.#key = expand(traffic, 'key', { context: Buffer.alloc(0), length: keyBytes })
    this.#iv = expand(traffic, 'iv', { context: Buffer.alloc(0), length: 12 })
  }

  /** What is in the next record: its real type, and the bytes. @throws DerError for one that is not of this connection */
  open(header: Uint8Array, body: Uint8Array): { readonly type: number; readonly content: Buffer } {
    if (body.length <= tagBytes) throw new DerError('a record that is too short')
    const nonce = Buffer.from(this.#iv)
    nonce.writeBigUInt64BE(nonce.readBigUInt64BE(4) ^ this.#sequence++, 4)
    const decipher = createDecipheriv(this.#cipher, this.#key, nonce)
    decipher.setAAD(header)
    decipher.setAuthTag(body.subarray(body.length - tagBytes))
    let plain: Buffer
    try {
      plain = Buffer.concat([decipher.update(body.subarray(0, body.length - tagBytes)), decipher.final()])
    } catch (cause) {
      throw new DerError(`a record that can not be read: ${cause}`)
    }
    let end = plain.length - 1
    while (end >= 0 && plain[end] === 0) end--
    if (end < 0) throw new DerError('a record without a type')
    return { type: plain[end] ?? 0, content: plain.subarray(0, end) }
  }
}
