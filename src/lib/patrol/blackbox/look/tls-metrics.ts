import type { CertificateSeen, TlsSeen } from '../../../net/tls-seen.ts'
import { addressBytes } from '../ip-address.ts'
import { goName } from './go-name.ts'
import type { Look } from './look.ts'

/** What Go makes of a time that there is not: the beginning of the year 1, seconds since 1970. */
const never = -62_135_596_800

interface Telling {
  /** The chain is not verified. */
  readonly insecure: boolean
  /** Where the prober tells it. */
  readonly cipher?: boolean
  readonly chainEnd?: boolean
}

/** What the target showed of itself. */
export function tellTls({ gauges }: Look, tls: TlsSeen, { insecure, cipher = false, chainEnd = true }: Telling): void {
  const { chain, chainNotAfter, protocol, cipher: name } = tls
  tellEarliest({ gauges }, tls)
  gauges.set('probe_tls_version_info', 1, { version: versionName(protocol) })
  if (cipher) gauges.set('probe_tls_cipher_info', 1, { cipher: name })
  if (chainEnd) gauges.set('probe_ssl_last_chain_expiry_timestamp_seconds', insecure ? never : (chainNotAfter ?? never))
  const [leaf] = chain
  if (leaf === undefined) return
  const { fingerprint, subject, issuer, names } = leaf
  gauges.set('probe_ssl_last_chain_info', 1, {
    fingerprint_sha256: fingerprint,
    issuer: goName(issuer),
    subject: goName(subject),
    subjectalternative: names.filter(each => addressBytes(each) === undefined).join(','),
  })
}

/** Also where it is not accepted: that it has ended is what somebody wants to know. */
export function tellEarliest({ gauges }: Pick<Look, 'gauges'>, { chain }: TlsSeen): void {
  const ends = withoutAuthority(chain).map(({ notAfter }) => notAfter)
  if (ends.length > 0) gauges.set('probe_ssl_earliest_cert_expiry', Math.min(...ends))
}

/** The authority at the end is seldom sent, but always known. */
function withoutAuthority(chain: readonly CertificateSeen[]): readonly CertificateSeen[] {
  const last = chain.at(-1)
  return chain.length > 1 && last !== undefined && last.subject === last.issuer ? chain.slice(0, -1) : chain
}

const versionName = (protocol: string): string =>
  protocol === 'TLSv1' ? 'TLS 1.0' : /^TLSv1\.\d$/.test(protocol) ? `TLS ${protocol.slice(4)}` : 'unknown'
