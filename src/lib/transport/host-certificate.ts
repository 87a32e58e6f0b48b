import { SshReader, sshString } from './ssh-encoding.ts'
import type { SshProtocol } from './ssh-library.ts'

const suffix = '-cert-v01@openssh.com'

/** Types of host certificates (PROTOCOL.certkeys) that can be offered besides what ssh2 knows. */
export const certificateAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
].map(name => name + suffix)

/** The plain public key inside a certificate. */
export function certifiedKey(certificate: Buffer): Buffer {
  const reader = new SshReader(certificate)
  const type = reader.text().slice(0, -suffix.length)
  reader.string() // the nonce
  const fields = type.startsWith('ecdsa') || type === 'ssh-rsa' ? 2 : 1
  return Buffer.concat([sshString(type), ...Array.from({ length: fields }, () => sshString(reader.string()))])
}

/**
 * Lets ssh2, which knows no certificates, use one as host key. The exchange hash has to cover the certificate, while the signature is of
 * the key in it: so the buffer that ssh2 keeps stays the certificate, but shows the plain key to ssh2's key parser, which reads the type
 * through `utf8Slice` and the rest through `slice`. Calls for RSA have to come in two steps, because ssh2 compares the type in between.
 */
export class CertifiedExchange {
  #rsa: string | undefined

  /** After the host's KEXINIT was read. */
  negotiated(protocol: SshProtocol): void {
    const agreed = protocol._kex?.negotiated
    if (!agreed?.serverHostKey.startsWith('rsa-') || !agreed.serverHostKey.endsWith(suffix)) return
    this.#rsa = agreed.serverHostKey.slice(0, -suffix.length)
    agreed.serverHostKey = `ssh-rsa${suffix}`
  }

  /** When ssh2 asks about the host key, which it keeps in this very buffer. */
  received(protocol: SshProtocol, key: Buffer): void {
    const agreed = protocol._kex?.negotiated
    if (!agreed?.serverHostKey.endsWith(suffix)) return
    const plain = certifiedKey(key)
    const type = new SshReader(plain).text()
    agreed.serverHostKey = this.#rsa ?? type
    Object.defineProperty(key, 'utf8Slice', { value: () => type })
    Object.defineProperty(key, 'slice', { value: () => plain.subarray(4 + type.length) })
  }
}
