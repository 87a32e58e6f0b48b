import { assembleAlgorithms } from './ssh-config/algorithms.ts'
import type { Algorithms, SshLibrary } from './ssh-library.ts'
import type { FetchCertificate, SshTarget } from './ssh-target.ts'

/**
 * What is offered where the configuration says nothing, best first. curve25519 is both the safest that ssh2 knows and the cheapest; AES-GCM
 * needs no separate MAC and runs on the CPU's own instructions.
 */
export const defaults: Omit<Algorithms, 'compression' | 'hostKey'> = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group14-sha256',
  ],
  ciphers: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  macs: [
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha1-etm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-512',
    'hmac-sha1',
  ],
}

/** What a host is offered. @throws TransportError hostkey when no host key algorithm is left */
export async function algorithmsFor(
  target: SshTarget,
  library: SshLibrary,
  fetchCertificate: FetchCertificate,
): Promise<Algorithms> {
  const { supported } = library
  const offered = (written: string | undefined, kind: 'kex' | 'ciphers' | 'macs'): readonly string[] =>
    assembleAlgorithms(written, {
      defaults: defaults[kind].filter(name => supported[kind].includes(name)),
      supported: supported[kind],
    })
  return {
    kex: offered(target.kex, 'kex'),
    hostKey: await target.hostKeys.algorithms(supported.hostKey, fetchCertificate),
    ciphers: offered(target.ciphers, 'ciphers'),
    macs: offered(target.macs, 'macs'),
    compression: target.compression,
  }
}
