import { type Issued, TestAuthority } from '../../helpers/certificates.ts'
import type { WebTls } from '../../probe/web-server.ts'

export const certificateKinds = ['good', 'expired', 'stranger', 'self-signed', 'other-name'] as const
export type CertificateKind = (typeof certificateKinds)[number]

export interface ShopCertificates {
  /** File of the authority that is trusted. */
  readonly ca: string
  readonly of: Readonly<Record<CertificateKind, WebTls>>
}

/** Certificates for localhost and 127.0.0.1: good ones, and such as are not. */
export async function shopCertificates(directory: string): Promise<ShopCertificates> {
  const authority = await TestAuthority.root(directory, { name: 'shop root', key: 'ec:P-256' })
  const stranger = await TestAuthority.root(directory, { name: 'other root', key: 'ec:P-256' })
  const own = { name: 'localhost', names: ['DNS:localhost', 'IP:127.0.0.1'], key: 'ec:P-256' }
  return {
    ca: authority.cert,
    of: {
      good: await read(await authority.issue(own)),
      expired: await read(await authority.issue({ ...own, name: 'old', from: -20, until: -2 })),
      stranger: await read(await stranger.issue(own)),
      'self-signed': await read(await TestAuthority.root(directory, { ...own, name: 'alone' })),
      'other-name': await read(await authority.issue({ ...own, name: 'shop', names: ['DNS:shop.test'] })),
    },
  }
}

const read = async ({ cert, key }: Issued): Promise<WebTls> => ({
  cert: await Bun.file(cert).text(),
  key: await Bun.file(key).text(),
})
