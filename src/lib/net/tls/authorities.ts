import { X509Certificate } from 'node:crypto'

/** The authorities that are trusted. Parsed only when they are asked for: those of a whole system take 25 ms. */
export class Authorities {
  /** As they were given. */
  readonly pem: string
  #bySubject: ReadonlyMap<string, readonly X509Certificate[]> | undefined

  constructor(pem: string) {
    this.pem = pem
  }

  /** Those with this subject, in the form of `X509Certificate.subject`. */
  named(subject: string): readonly X509Certificate[] {
    this.#bySubject ??= Map.groupBy(certificatesOf(this.pem), certificate => certificate.subject)
    return this.#bySubject.get(subject) ?? []
  }

  has(certificate: X509Certificate): boolean {
    return this.named(certificate.subject).some(known => known.fingerprint256 === certificate.fingerprint256)
  }
}

/** All that can be read of a PEM text. */
export function certificatesOf(pem: string): X509Certificate[] {
  const blocks =
    pem.match(/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g) ?? []
  return blocks.flatMap(block => {
    try {
      return [new X509Certificate(block)]
    } catch {
      return []
    }
  })
}
