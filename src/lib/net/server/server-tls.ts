import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { errnoOf } from '../../core/errno.ts'
import { OpsError } from '../../core/errors.ts'
import type { ClientCertificate } from './server-request.ts'

/** Files of PEM, and what follows from having them. */
export interface TlsOptions {
  /** Our certificate, and those above it. */
  readonly cert: string
  readonly key: string
  /** Authorities of client certificates: clients are then asked for one. */
  readonly clientCa?: string
  /** How long browsers shall speak TLS only with this host, seconds. It holds for all ports of the host, so it is never set unasked. */
  readonly hstsSeconds?: number
}

/** Our side of TLS: 1.2 and later, for HTTP/1.1. */
export class ServerTls {
  readonly options: TlsOptions
  #loaded: Loaded

  private constructor(options: TlsOptions, loaded: Loaded) {
    this.options = options
    this.#loaded = loaded
  }

  /** @throws OpsError E_CONFIG that names the file */
  static async open(options: TlsOptions): Promise<ServerTls> {
    return new ServerTls(options, await load(options))
  }

  /**
   * Reads the files again; what is connected stays as it is. True where they had changed.
   * @throws OpsError E_CONFIG; the old ones then stay in use
   */
  async reload(): Promise<boolean> {
    const loaded = await load(this.options)
    if (loaded.texts === this.#loaded.texts) return false
    this.#loaded = loaded
    return true
  }

  /** The secure stream over a connection; calls when the handshake is done. */
  accept(socket: Socket, whenSecure: (secure: TLSSocket) => void): TLSSocket {
    const secure = new TLSSocket(socket, {
      isServer: true,
      secureContext: this.#loaded.context,
      requestCert: this.options.clientCa !== undefined,
      // One that is not good is refused where it would be needed, with an answer that says so.
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
    })
    secure.once('secure', () => whenSecure(secure))
    return secure
  }
}

/** Who is at the other end; undefined without a certificate that one of the authorities signed and whose time is now. */
export function clientCertificateOf(secure: TLSSocket): ClientCertificate | undefined {
  if (!secure.authorized) return undefined
  const { subject, fingerprint256 } = secure.getPeerCertificate()
  const parts = Object.entries(subject).map(([name, value]) => `${name}=${value}`)
  return {
    name: String(subject.CN ?? ''),
    subject: parts.join(', '),
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
  }
}

interface Loaded {
  readonly context: SecureContext
  /** By which a change is known. */
  readonly texts: string
}

async function load({ cert, key, clientCa }: TlsOptions): Promise<Loaded> {
  const [certText, keyText, caText] = await Promise.all([read(cert), read(key), clientCa === undefined ? '' : read(clientCa)])
  const certificate = certificateIn(certText, cert)
  if (!certificate.checkPrivateKey(keyIn(keyText, key))) {
    throw new OpsError('E_CONFIG', `the key of ${key} is not that of the certificate in ${cert}`, { data: { file: key } })
  }
  if (clientCa !== undefined) certificateIn(caText, clientCa)
  const ca = clientCa === undefined ? {} : { ca: caText }
  const context = createSecureContext({ cert: certText, key: keyText, minVersion: 'TLSv1.2', ...ca })
  return { context, texts: [certText, keyText, caText].join('\0') }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new OpsError('E_CONFIG', `could not read ${path}: ${errnoOf(cause) ?? cause}`, { cause, data: { file: path } })
  }
}

function certificateIn(text: string, path: string): X509Certificate {
  try {
    return new X509Certificate(text)
  } catch (cause) {
    throw new OpsError('E_CONFIG', `${path} holds no certificate in PEM`, { cause, data: { file: path } })
  }
}

function keyIn(text: string, path: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch (cause) {
    const hint = /ENCRYPTED/.test(text)
      ? { hint: 'it is locked with a passphrase: write one without, that only we may read' }
      : {}
    throw new OpsError('E_CONFIG', `${path} holds no key in PEM that can be used`, { cause, ...hint, data: { file: path } })
  }
}
