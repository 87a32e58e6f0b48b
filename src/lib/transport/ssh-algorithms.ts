import type { Algorithms, SshLibrary } from './ssh-library.ts'
import type { SshTarget } from './ssh-target.ts'

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

/** What a host is offered. */
export async function algorithmsFor(target: SshTarget, library: SshLibrary): Promise<Algorithms> {
  const { supported } = library
  const usable = (names: readonly string[], known: readonly string[]): string[] => names.filter(name => known.includes(name))
  return {
    kex: usable(target.kex ?? defaults.kex, supported.kex),
    hostKey: await target.hostKeys.algorithms(supported.hostKey),
    ciphers: usable(target.ciphers ?? defaults.ciphers, supported.ciphers),
    macs: usable(target.macs ?? defaults.macs, supported.macs),
    compression: target.compression,
  }
}
