import { rfc3339 } from '../core/clock.ts'
import { phaseNames } from '../net/phases.ts'
import type { TlsSeen } from '../net/tls-seen.ts'
import type { Observation } from './observation.ts'

/** Of a body, so much is shown. */
const shownBytes = 2048

/** What a look showed, as lines that tell most of it at a glance. Secrets of requests are not part of an observation. */
export function evidenceOf(observation: Observation): string {
  const { endpoint, address, phases, totalMs, failure, http, tls, body, seen } = observation
  const stages = phaseNames.flatMap(phase => {
    const ms = phases[phase]
    return ms === undefined ? [] : [`${phase} ${ms.toFixed(1)} ms`]
  })
  const lines = [
    `${endpoint}${address === undefined ? '' : ` at ${address}`}`,
    `${[...stages, `total ${totalMs.toFixed(1)} ms`].join(', ')}`,
    ...(failure ? [`failed${failure.phase ? ` in ${failure.phase}` : ''}: ${failure.message} (${failure.reason})`] : []),
    ...(tls ? tlsLines(tls) : []),
    ...(http?.redirects.map(url => `redirected from ${url}`) ?? []),
    ...(http
      ? [`HTTP/${http.version} ${http.status}`, ...http.headers.map(([name, value]) => `${name}: ${shown(name, value)}`)]
      : []),
    ...Object.entries(seen ?? {}).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ...(body && body.bytes.length > 0 ? ['', bodyText(body.bytes)] : []),
  ]
  return `${lines.join('\n')}\n`
}

/** A server may hand out what lets others in. */
const shown = (name: string, value: string): string =>
  /^(set-cookie|authorization|proxy-authenticate)$/i.test(name) ? '…' : value

function tlsLines({ protocol, cipher, alpn, chain, problems, ocsp }: TlsSeen): string[] {
  return [
    `${[protocol, cipher, alpn].filter(Boolean).join(', ')}${ocsp ? `, OCSP ${ocsp}` : ''}`,
    ...chain.map(
      ({ subject, issuer, notAfter, key, fingerprint }) =>
        `certificate ${subject}, by ${issuer}, ${key}, until ${rfc3339(notAfter * 1000)}, SHA-256 ${fingerprint}`,
    ),
    ...problems.map(({ reason, message }) => `${reason}: ${message}`),
  ]
}

function bodyText(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, shownBytes))
  return bytes.length > shownBytes ? `${text}… (${bytes.length} bytes)` : text
}
