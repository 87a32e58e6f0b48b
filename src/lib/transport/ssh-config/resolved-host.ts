import type { SshConfigPlace } from '../../core/ssh-config-syntax.ts'
import { sshConfigError } from '../../core/ssh-config-syntax.ts'
import type { Destination } from './destination.ts'
import { Expansion, type ExpansionWorld } from './expansion.ts'
import { identities } from './identities.ts'
import { proxy } from './proxy.ts'
import type { Settings } from './settings.ts'

/** What opsctl uses of a host's configuration. Paths and commands are expanded; times are in milliseconds; absent lists are the defaults of ssh. */
export interface ResolvedHost {
  /** As it was typed. */
  readonly host: string
  /** Name or address to connect to. */
  readonly hostname: string
  readonly user: string
  readonly port: number
  readonly addressFamily: 'any' | 'inet' | 'inet6'
  readonly bindAddress: string | undefined
  readonly bindInterface: string | undefined
  /** Hops in the order they are passed; empty for a direct connection. */
  readonly proxyJump: readonly Destination[]
  /** For the user's shell; OpenSSH puts `exec` before it. Never together with proxyJump. */
  readonly proxyCommand: { readonly command: string; readonly place: SshConfigPlace } | undefined
  /** 0 is the time-out of the system. */
  readonly connectTimeoutMs: number
  readonly connectionAttempts: number
  readonly serverAliveIntervalMs: number
  readonly serverAliveCountMax: number
  readonly tcpKeepAlive: boolean
  readonly compression: boolean

  readonly identityFiles: readonly string[]
  /** The default files of ssh, of which most do not exist. */
  readonly identityFilesAreDefault: boolean
  readonly identitiesOnly: boolean
  /** Socket of the agent; undefined for none. */
  readonly identityAgent: string | undefined
  readonly certificateFiles: readonly string[]
  readonly forwardAgent: boolean
  /** Another agent to forward than the one that is used. */
  readonly forwardAgentSocket: string | undefined
  readonly preferredAuthentications: readonly string[] | undefined
  readonly pubkeyAuthentication: boolean
  readonly passwordAuthentication: boolean
  readonly kbdInteractiveAuthentication: boolean
  readonly batchMode: boolean
  readonly numberOfPasswordPrompts: number

  readonly strictHostKeyChecking: 'yes' | 'no' | 'ask' | 'accept-new'
  readonly userKnownHostsFiles: readonly string[]
  readonly globalKnownHostsFiles: readonly string[]
  readonly revokedHostKeys: string | undefined
  readonly hostKeyAlias: string | undefined
  readonly hashKnownHosts: boolean
  readonly checkHostIP: boolean
  readonly noHostAuthenticationForLocalhost: boolean
  readonly requiredRsaBits: number

  /** Name lists as they were written, + - and ^ in front included: see assembleAlgorithms(). */
  readonly hostKeyAlgorithms: string | undefined
  readonly kexAlgorithms: string | undefined
  readonly ciphers: string | undefined
  readonly macs: string | undefined
  readonly pubkeyAcceptedAlgorithms: string | undefined
  readonly caSignatureAlgorithms: string | undefined

  /** Patterns of names. */
  readonly sendEnv: readonly string[]
  readonly setEnv: Readonly<Record<string, string>>
  readonly logLevel: string
  /** Everything that was set, used or not, in normal form, by keyword as `ssh -G` names it. */
  readonly directives: ReadonlyMap<string, readonly string[]>
}

/**
 * Settings as a typed record.
 * @throws OpsError E_SSH_CONFIG for unknown tokens and variables, and for options that opsctl does not support
 */
export function resolvedHost(request: {
  readonly settings: Settings
  readonly host: string
  readonly typed: string
  readonly world: ExpansionWorld
}): ResolvedHost {
  const { settings, host, typed, world } = request
  refuseUnsupported(settings)
  const user = settings.get('user') ?? world.user
  const port = settings.number('port', 22)
  const hostKeyAlias = settings.get('hostkeyalias')?.toLowerCase()
  const expansion = new Expansion({ host, typed, port, user, keyAlias: hostKeyAlias ?? typed }, world)
  return {
    host: typed,
    hostname: host,
    user,
    port,
    hostKeyAlias,
    ...connection(settings),
    ...proxy(settings, { host, user, port, expansion }),
    ...identities(settings, expansion, world.env),
    ...authentication(settings),
    ...hostKeys(settings, expansion),
    ...algorithms(settings),
    ...environment(settings),
    logLevel: settings.get('loglevel') ?? 'INFO',
    directives: settings.toMap(),
  }
}

function connection(settings: Settings) {
  const attempts = settings.list('connectionattempts')[0]
  if (attempts?.value === '0') throw sshConfigError(attempts.place, 'connectionattempts: must be at least 1')
  return {
    addressFamily: settings.oneOf('addressfamily', ['any', 'inet', 'inet6']),
    bindAddress: settings.get('bindaddress'),
    bindInterface: settings.get('bindinterface'),
    connectTimeoutMs: settings.number('connecttimeout', 0) * 1000,
    connectionAttempts: settings.number('connectionattempts', 1),
    serverAliveIntervalMs: settings.number('serveraliveinterval', 0) * 1000,
    serverAliveCountMax: settings.number('serveralivecountmax', 3),
    tcpKeepAlive: settings.flag('tcpkeepalive', true),
    compression: settings.flag('compression', false),
  }
}

function authentication(settings: Settings) {
  return {
    preferredAuthentications: settings.get('preferredauthentications')?.split(','),
    pubkeyAuthentication: settings.flag('pubkeyauthentication', true),
    passwordAuthentication: settings.flag('passwordauthentication', true),
    kbdInteractiveAuthentication: settings.flag('kbdinteractiveauthentication', true),
    batchMode: settings.flag('batchmode', false),
    numberOfPasswordPrompts: settings.number('numberofpasswordprompts', 3),
  }
}

function hostKeys(settings: Settings, expansion: Expansion) {
  const user = settings.list('userknownhostsfile')
  const global = settings.list('globalknownhostsfile')
  const revoked = settings.list('revokedhostkeys').filter(isNotNone)[0]
  const globalDefaults = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']
  const userDefaults = ['.ssh/known_hosts', '.ssh/known_hosts2']
  return {
    strictHostKeyChecking: settings.oneOf('stricthostkeychecking', ['ask', 'yes', 'no', 'accept-new']),
    userKnownHostsFiles:
      user.length === 0
        ? userDefaults.map(path => expansion.inHome(path))
        : user.filter(isNotNone).map(value => expansion.path(value)),
    globalKnownHostsFiles:
      global.length === 0 ? globalDefaults : global.filter(isNotNone).map(({ value }) => expansion.home(value)),
    revokedHostKeys: revoked && expansion.home(revoked.value),
    hashKnownHosts: settings.flag('hashknownhosts', false),
    checkHostIP: settings.flag('checkhostip', false),
    noHostAuthenticationForLocalhost: settings.flag('nohostauthenticationforlocalhost', false),
    requiredRsaBits: settings.number('requiredrsasize', 1024),
  }
}

function algorithms(settings: Settings) {
  return {
    hostKeyAlgorithms: settings.get('hostkeyalgorithms'),
    kexAlgorithms: settings.get('kexalgorithms'),
    ciphers: settings.get('ciphers'),
    macs: settings.get('macs'),
    pubkeyAcceptedAlgorithms: settings.get('pubkeyacceptedalgorithms'),
    caSignatureAlgorithms: settings.get('casignaturealgorithms'),
  }
}

function environment(settings: Settings) {
  const assignments = settings.list('setenv').map(({ value }): [string, string] => {
    const equals = value.indexOf('=')
    return [value.slice(0, equals), value.slice(equals + 1)]
  })
  return { sendEnv: settings.list('sendenv').map(({ value }) => value), setEnv: Object.fromEntries(assignments) }
}

function refuseUnsupported(settings: Settings): void {
  const [command] = settings.list('knownhostscommand').filter(isNotNone)
  if (command) {
    throw sshConfigError(
      command.place,
      'KnownHostsCommand is not supported',
      'write its keys into a file and name that as UserKnownHostsFile',
    )
  }
  const [passing] = settings.list('proxyusefdpass')
  if (passing?.value === 'yes' && settings.list('proxycommand').some(isNotNone)) {
    throw sshConfigError(passing.place, 'ProxyUseFdpass is not supported', 'use a ProxyCommand that carries the bytes itself')
  }
}

const isNotNone = ({ value }: { readonly value: string }): boolean => value.toLowerCase() !== 'none'
