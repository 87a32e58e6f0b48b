import { z } from 'zod'

/** From old to new, as the runtime calls them. */
export const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
export type TlsVersion = (typeof tlsVersions)[number]

/** `1.2`, `TLSv1.2` or `TLS 1.2`; YAML reads the first as a number. */
export const tlsVersionField = () =>
  z.union([z.string(), z.number()]).transform((written, context): TlsVersion => {
    const number = String(written).replace(/^TLS ?v?/i, '')
    const version = tlsVersions.find(each => each === `TLSv${number === '1.0' ? '1' : number}`)
    if (version !== undefined) return version
    context.addIssue({ code: 'custom', message: 'is not a version of TLS: write 1.0, 1.1, 1.2 or 1.3' })
    return z.NEVER
  })
