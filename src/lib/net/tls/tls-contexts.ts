import { readFileSync } from 'node:fs'
import {
  createSecureContext,
  rootCertificates,
  type SecureContext,
  type SecureContextOptions,
  type SecureVersion,
} from 'node:tls'
import { NetError } from '../net-error.ts'
import { Authorities } from './authorities.ts'
import { JudgedChains } from './judged-chains.ts'

/** What decides whom we trust and what we offer: connections of the same terms share one context. */
export interface TlsTerms {
  /** PEM, in place of the system's authorities. */
  readonly ca?: string
  /** PEM: who we are, with the certificates up to the authority, and the key of the first. */
  readonly cert?: string
  readonly key?: string
  /** TLS 1.2 when absent. */
  readonly minVersion?: SecureVersion
  readonly maxVersion?: SecureVersion
}

export interface TlsContext {
  readonly secure: SecureContext
  readonly authorities: Authorities
  readonly judged: JudgedChains
}

/** Where systems keep the authorities that they trust: Debian, Red Hat, SUSE, old Red Hat, Alpine and macOS. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** Each costs as much as a few handshakes to make, so many are kept. */
const kept = 64

/**
 * Contexts by their terms: to read all authorities of a system takes 5 ms. The authorities are always named, so that neither
 * NODE_EXTRA_CA_CERTS nor SSL_CERT_FILE of a caller adds one.
 */
export class TlsContexts {
  /** By authorities, then by the rest: not to copy and hash the text of all authorities for each connection. */
  readonly #contexts = new Map<string, Map<string, TlsContext>>()
  #count = 0
  #system: Authorities | undefined

  /** @throws NetError (phase `tls`) for terms that can not be used: no PEM, a key that is not the certificate's */
  get(terms: TlsTerms): TlsContext {
    const { ca = '', cert = '', key = '', minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3' } = terms
    const name = `${minVersion}\0${maxVersion}\0${cert}\0${key}`
    const known = this.#contexts.get(ca)?.get(name)
    if (known) return known
    const made = this.#make(terms.ca, { minVersion, maxVersion, ...(cert && { cert }), ...(key && { key }) })
    this.#keep(made, { ca, name })
    return made
  }

  #keep(made: TlsContext, { ca, name }: { readonly ca: string; readonly name: string }): void {
    if (this.#count >= kept) {
      this.#contexts.clear()
      this.#count = 0
    }
    const same = this.#contexts.get(ca) ?? new Map<string, TlsContext>()
    this.#contexts.set(ca, same.set(name, made))
    this.#count++
  }

  #make(ca: string | undefined, rest: SecureContextOptions): TlsContext {
    const authorities = ca === undefined ? this.#systemAuthorities() : new Authorities(ca)
    try {
      return { secure: createSecureContext({ ca: authorities.pem, ...rest }), authorities, judged: new JudgedChains() }
    } catch (cause) {
      const why =
        cause instanceof Error
          ? cause.message
              .replace(/^error:.*:/, '')
              .replaceAll('_', ' ')
              .toLowerCase()
          : ''
      throw new NetError('error', `certificates or key can not be used: ${why}`, { phase: 'tls', cause })
    }
  }

  #systemAuthorities(): Authorities {
    this.#system ??= new Authorities(systemBundle() ?? rootCertificates.join('\n'))
    return this.#system
  }
}

/** Those of the system; undefined where it has none in a known place, and the runtime's own are taken (Mozilla's list). */
function systemBundle(): string | undefined {
  for (const file of systemBundles) {
    try {
      const text = readFileSync(file, 'latin1')
      if (text.includes('-----BEGIN')) return text
    } catch {
      // The next place is tried.
    }
  }
  return undefined
}
