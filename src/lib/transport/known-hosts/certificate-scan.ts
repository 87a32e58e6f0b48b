import { createECDH, generateKeyPairSync, randomBytes } from 'node:crypto'
import { SshReader, sshString } from '../ssh-encoding.ts'
import type { Wire } from '../wire.ts'

const messages = { disconnect: 1, kexInit: 20, kexInitEcdh: 30, kexReplyEcdh: 31 } as const
const exchanges = ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256'] as const
const maxBytes = 256 * 1024

/**
 * Asks a server for its host certificate and hangs up, as `ssh-keyscan -c` does: identification, algorithms, first half of a key exchange
 * (RFC 4253, RFC 5656, RFC 8731). Nothing is verified here and nothing needs to be: a certificate is a public statement that its authority has
 * signed. It says which key is the host's; that the host holds this key is proven on the real connection, with the plain key.
 *
 * That detour exists because ssh2 1.17.0 does not know host certificates: once the key exchange is answered it compares the signature's type with
 * the negotiated one and parses the host key itself (kex.js), with no place to put a verifier of certificates between.
 * @returns the certificate in wire form
 * @throws Error when the server has none of the wanted types, or speaks no SSH
 */
export async function fetchHostCertificate(options: {
  readonly wire: Wire
  /** Key algorithms, best first: `ssh-ed25519`, `rsa-sha2-512`. */
  readonly algorithms: readonly string[]
  readonly signal: AbortSignal
}): Promise<Buffer> {
  const { wire, algorithms, signal } = options
  const scan = new Scan(wire, algorithms.map(certificateAlgorithm))
  const abort = (): void => scan.fail(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    return await scan.start()
  } finally {
    signal.removeEventListener('abort', abort)
    wire.destroy()
  }
}

/** The algorithm with which a host shows a certificate for its key. */
function certificateAlgorithm(algorithm: string): string {
  return `${algorithm.replace(/@openssh\.com$/, '')}-cert-v01@openssh.com`
}

class Scan {
  readonly #wire: Wire
  readonly #algorithms: readonly string[]
  readonly #result = Promise.withResolvers<Buffer>()
  #received = Buffer.alloc(0)
  #total = 0
  #identified = false

  constructor(wire: Wire, algorithms: readonly string[]) {
    this.#wire = wire
    this.#algorithms = algorithms
    this.#result.promise.catch(() => undefined)
  }

  start(): Promise<Buffer> {
    this.#wire.listen({
      data: bytes => this.#take(bytes),
      closed: error => this.fail(error ?? new Error('the server closed the connection')),
    })
    this.#wire.write(Buffer.from('SSH-2.0-opsctl\r\n'))
    this.#wire.write(packet(kexInit(this.#algorithms)))
    return this.#result.promise
  }

  fail(error: unknown): void {
    this.#result.reject(error)
  }

  #take(bytes: Uint8Array): void {
    this.#total += bytes.length
    this.#received = Buffer.concat([this.#received, bytes])
    try {
      if (this.#total > maxBytes) throw new Error('the server sent more than a key exchange needs')
      if (!this.#identified) this.#identified = this.#identify()
      if (this.#identified) for (let payload = this.#next(); payload; payload = this.#next()) this.#answer(payload)
    } catch (error) {
      this.fail(error)
    }
  }

  /** Passes over the lines up to the identification. */
  #identify(): boolean {
    for (let end = this.#received.indexOf('\n'); end !== -1; end = this.#received.indexOf('\n')) {
      const line = this.#received.subarray(0, end).toString('latin1')
      this.#received = this.#received.subarray(end + 1)
      if (line.startsWith('SSH-')) return true
    }
    return false
  }

  /** The payload of the next whole packet. */
  #next(): Buffer | undefined {
    if (this.#received.length < 5) return undefined
    const length = this.#received.readUInt32BE(0)
    if (length > maxBytes) throw new Error('the server sent no SSH packet')
    if (this.#received.length < 4 + length) return undefined
    const payload = this.#received.subarray(5, 4 + length - this.#received.readUInt8(4))
    this.#received = this.#received.subarray(4 + length)
    return payload
  }

  #answer(payload: Buffer): void {
    const reader = new SshReader(payload.subarray(1))
    switch (payload[0]) {
      case messages.disconnect:
        reader.uint32()
        throw new Error(`the server hung up: ${reader.text()}`)
      case messages.kexInit:
        this.#wire.write(packet(Buffer.concat([Buffer.from([messages.kexInitEcdh]), sshString(this.#publicKey(payload))])))
        break
      case messages.kexReplyEcdh:
        this.#result.resolve(Buffer.from(reader.string()))
    }
  }

  /** Half of the key exchange that both sides know; its other half is thrown away. */
  #publicKey(payload: Buffer): Buffer {
    const reader = new SshReader(payload.subarray(17))
    const [theirExchanges, theirHostKeys] = [reader.text().split(','), reader.text().split(',')]
    if (!this.#algorithms.some(name => theirHostKeys.includes(name))) throw new Error('the host has no certificate')
    const exchange = exchanges.find(name => theirExchanges.includes(name))
    if (exchange === undefined) throw new Error(`the server knows none of ${exchanges.join(', ')}`)
    if (exchange === 'ecdh-sha2-nistp256') return createECDH('prime256v1').generateKeys()
    return generateKeyPairSync('x25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  }
}

function kexInit(hostKeys: readonly string[]): Buffer {
  const ciphers = 'aes128-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com'
  const macs = 'hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com'
  const lists = [exchanges.join(','), hostKeys.join(','), ciphers, ciphers, macs, macs, 'none', 'none', '', '']
  return Buffer.concat([Buffer.from([messages.kexInit]), randomBytes(16), ...lists.map(sshString), Buffer.alloc(5)])
}

/** A packet before encryption: RFC 4253 section 6. */
function packet(payload: Buffer): Buffer {
  const padding = 4 + ((16 - ((5 + payload.length + 4) % 8)) % 8)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(1 + payload.length + padding)
  head.writeUInt8(padding, 4)
  return Buffer.concat([head, payload, Buffer.alloc(padding)])
}
