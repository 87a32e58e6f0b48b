import { OpsError } from '../../core/errors.ts'
import { sshConfigError } from '../../core/ssh-config-syntax.ts'
import type { Settings } from './settings.ts'
import { expandTokens } from './tokens.ts'

/** True when a fully qualified name, written with a dot at its end, has an address. */
export type NameLookup = (name: string, signal: AbortSignal) => Promise<boolean>

/** What HostName makes of a typed name. @throws OpsError E_SSH_CONFIG for a token other than %h and %% */
export function connectsTo(settings: Settings, typed: string): string {
  const [hostname] = settings.list('hostname')
  if (!hostname) return typed
  try {
    return expandTokens(hostname.value, { h: typed })
  } catch (cause) {
    throw sshConfigError(hostname.place, `hostname: ${cause instanceof Error ? cause.message : 'bad value'}`)
  }
}

/**
 * The name or address that is connected to after the first pass: addresses in their shortest form, names in lower case and, where
 * CanonicalizeHostname asks for it, completed by the first of CanonicalDomains under which they resolve.
 * @throws OpsError E_SSH_CONFIG where that needs what is not there: a lookup, permitted CNAMEs, a name that must resolve
 */
export async function canonicalHost(options: {
  readonly settings: Settings
  readonly typed: string
  readonly lookup: NameLookup | undefined
  readonly signal: AbortSignal
}): Promise<string> {
  const { settings, typed } = options
  const host = connectsTo(settings, typed)
  const address = canonicalAddress(host, settings.get('addressfamily') ?? 'any')
  if (address !== undefined) return address
  const name = host.toLowerCase()
  return wantsCanonical(settings) ? completeName({ ...options, name }) : name
}

/** Configuration is read a second time, with the final host, where host names are made canonical. */
export const isCanonicalizing = (settings: Settings): boolean => (settings.get('canonicalizehostname') ?? 'no') !== 'no'

/** What has not been set when names have been made canonical can no longer be set by the final pass. */
export function settleCanonical(settings: Settings): void {
  const defaults = { canonicalizehostname: 'no', canonicalizemaxdots: '1', canonicalizefallbacklocal: 'yes' }
  for (const [name, value] of Object.entries(defaults)) {
    settings.apply({ name, kind: 'word', values: [{ value, place: { file: 'defaults', line: 1 } }] })
  }
}

function wantsCanonical(settings: Settings): boolean {
  const mode = settings.get('canonicalizehostname') ?? 'no'
  const proxied = (settings.get('proxycommand') ?? 'none').toLowerCase() !== 'none' || settings.has('proxyjump')
  return mode === 'always' || (mode === 'yes' && !proxied)
}

/** The shortest form of an address; the text itself where only case differs; undefined for a name. */
function canonicalAddress(host: string, family: string): string | undefined {
  const isV6 = host.includes(':')
  if (host.includes('%')) return host
  if (!isV6 && !/^(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+))*\.?$/i.test(host)) return undefined
  if (family === (isV6 ? 'inet' : 'inet6')) return host
  const url = URL.parse(isV6 ? `http://[${host}]` : `http://${host}`)
  if (!url) return host
  const shortest = url.hostname.replace(/^\[|\]$/g, '')
  return shortest.toLowerCase() === host.toLowerCase() ? host : shortest
}

async function completeName(options: {
  readonly settings: Settings
  readonly name: string
  readonly lookup: NameLookup | undefined
  readonly signal: AbortSignal
}): Promise<string> {
  const { settings, name, lookup, signal } = options
  const [cnames] = settings.list('canonicalizepermittedcnames')
  if (cnames && cnames.value.toLowerCase() !== 'none') {
    throw sshConfigError(cnames.place, 'CanonicalizePermittedCNAMEs is not supported', 'give HostName instead')
  }
  const tried = candidates(settings, name)
  for (const candidate of tried ?? []) {
    if (!lookup) throw new OpsError('E_SSH_CONFIG', `${name}: CanonicalizeHostname needs a name lookup, and there is none`)
    if (await lookup(candidate, signal)) return candidate.replace(/\.$/, '')
  }
  if (tried && settings.get('canonicalizefallbacklocal') === 'no') {
    throw new OpsError('E_SSH_CONFIG', `${name} resolves under none of CanonicalDomains, and CanonicalizeFallbackLocal is no`)
  }
  return name
}

/** Fully qualified names to try; undefined when the name has enough dots to stand for itself. */
function candidates(settings: Settings, name: string): string[] | undefined {
  if (name.endsWith('.')) return [name]
  const dots = name.split('.').length - 1
  if (dots > Number(settings.get('canonicalizemaxdots') ?? 1)) return undefined
  const domains = settings.list('canonicaldomains').map(({ value }) => value.toLowerCase().replace(/\.$/, ''))
  return domains[0] === 'none' ? [] : domains.map(domain => `${name}.${domain}.`)
}
