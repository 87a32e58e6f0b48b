import {
  createECDH,
  createPublicKey,
  diffieHellman,
  type ECDH,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { isIP } from 'node:net'
import { DerError } from '../der.ts'

const suites = [
  0x1301, 0x1302, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc013, 0xc00a, 0xc014, 0x9c, 0x9d, 0x2f, 0x35,
]
const signatures = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0603, 0x0806, 0x0601, 0x0807, 0x0203, 0x0201]
export const groups = { x25519: 0x1d, secp256r1: 0x17 } as const

/** A hello of TLS 1.2 and 1.3 that asks for a stapled OCSP answer (RFC 6066, section 8), which the runtime's own does not. */
export class ClientHello {
  /** The handshake message, without the record around it. */
  readonly message: Buffer
  readonly #x25519: KeyObject
  readonly #secp256r1: ECDH

  constructor(serverName: string) {
    const { publicKey, privateKey } = generateKeyPairSync('x25519')
    this.#x25519 = privateKey
    this.#secp256r1 = createECDH('prime256v1')
    const shares = [
      Buffer.concat([u16(groups.x25519), sized16(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'))]),
      Buffer.concat([u16(groups.secp256r1), sized16(this.#secp256r1.generateKeys())]),
    ]
    const extensions = [
      ...(isIP(serverName) || serverName === ''
        ? []
        : [extension(0, sized16(Buffer.concat([u8(0), sized16(Buffer.from(serverName))])))]),
      extension(5, Buffer.of(1, 0, 0, 0, 0)),
      extension(10, sized16(Buffer.concat([groups.x25519, groups.secp256r1].map(u16)))),
      extension(11, Buffer.of(1, 0)),
      extension(13, sized16(Buffer.concat(signatures.map(u16)))),
      extension(23, Buffer.alloc(0)),
      extension(43, Buffer.of(4, 3, 4, 3, 3)),
      extension(51, sized16(Buffer.concat(shares))),
      extension(0xff01, u8(0)),
    ]
    const body = Buffer.concat([
      u16(0x0303),
      randomBytes(32),
      u8(32),
      randomBytes(32),
      sized16(Buffer.concat(suites.map(u16))),
      Buffer.of(1, 0),
      sized16(Buffer.concat(extensions)),
    ])
    this.message = Buffer.concat([u8(1), u8(0), sized16(body)])
  }

  get record(): Buffer {
    return Buffer.concat([Buffer.of(22, 3, 1), sized16(this.message)])
  }

  /** The secret that both sides know, from the share of the server. @throws DerError for a share that is none */
  agree(group: number, share: Uint8Array): Buffer {
    try {
      if (group === groups.secp256r1) return this.#secp256r1.computeSecret(share)
      if (group === groups.x25519) {
        const key = { kty: 'OKP', crv: 'X25519', x: Buffer.from(share).toString('base64url') }
        return diffieHellman({ privateKey: this.#x25519, publicKey: createPublicKey({ key, format: 'jwk' }) })
      }
    } catch (cause) {
      throw new DerError(`a key share that is none: ${cause}`)
    }
    throw new DerError('a key share of a group that was not offered')
  }
}

const u8 = (value: number): Buffer => Buffer.of(value)
const u16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff)
const sized16 = (bytes: Uint8Array): Buffer => Buffer.concat([u16(bytes.length), bytes])
const extension = (type: number, value: Uint8Array): Buffer => Buffer.concat([u16(type), sized16(value)])
