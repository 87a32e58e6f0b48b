import type { ConnectSpec } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import { sshConfigError } from '../core/ssh-config-syntax.ts'
import { expandTilde, isSafeOwner } from '../core/ssh-config-tree.ts'
import { KnownHostsVerifier } from './known-hosts/host-key-verifier.ts'
import { KnownHosts } from './known-hosts/known-hosts.ts'
import { systemStore } from './known-hosts/system-store.ts'
import { refuseShellWords } from './shell-safe.ts'
import { type Destination, formatDestination } from './ssh-config/destination.ts'
import type { ResolvedHost } from './ssh-config/resolved-host.ts'
import type { SshConfig, SshConfigQuery, SshConfigWorld } from './ssh-config/ssh-config.ts'
import type { SshTarget } from './ssh-target.ts'

interface ResolverOptions {
  readonly config: SshConfig
  readonly world: SshConfigWorld
  readonly spec: ConnectSpec
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Absent where nobody can be asked. */
  readonly confirm?: (question: string) => Promise<boolean>
}

/** More hops than anybody has: a configuration in which hosts jump through each other. */
const maxHops = 8

/** Turns hosts of the inventory into connections: what the inventory says, then the command line, then the OpenSSH configuration. */
export class TargetResolver {
  readonly #options: ResolverOptions
  readonly #knownHosts = new Map<string, Promise<KnownHosts>>()

  constructor(options: ResolverOptions) {
    this.#options = options
  }

  /** @throws OpsError E_SSH_CONFIG, E_INVENTORY for a name that no host has */
  resolve(host: Host): Promise<SshTarget> {
    const { spec, world } = this.#options
    const user = host.user ?? spec.user
    const identityFiles = [...spec.identityFiles, ...(host.identityFiles ?? [])].map(file => expandTilde(file, world) ?? file)
    const jump = host.proxyJump
    return this.#resolve(
      {
        host: host.address ?? host.name,
        ...(user !== undefined && { user }),
        ...(host.port !== undefined && { port: host.port }),
        ...(jump !== undefined && { options: [`ProxyJump ${jump}`] }),
      },
      { identityFiles, depth: 0 },
    )
  }

  async #resolve(
    query: SshConfigQuery,
    more: { readonly identityFiles: readonly string[]; readonly depth: number },
  ): Promise<SshTarget> {
    const { config, spec, signal } = this.#options
    if (more.depth > maxHops) {
      throw new OpsError('E_SSH_CONFIG', `${query.host}: more than ${maxHops} jump hosts, or hosts that jump through each other`)
    }
    refuseShellWords(query)
    const resolved = await config.resolve(query, signal)
    const named = [...more.identityFiles, ...(resolved.identityFilesAreDefault ? [] : resolved.identityFiles)]
    const { proxyCommand } = resolved
    if (proxyCommand) await this.#refuseUnsafe(proxyCommand.place)
    const jump = await this.#hops(resolved.proxyJump, more.depth)
    return {
      hostname: resolved.hostname,
      port: resolved.port,
      user: resolved.user,
      addressFamily: resolved.addressFamily,
      bindAddress: resolved.bindAddress,
      tcpKeepAlive: resolved.tcpKeepAlive,
      serverAliveIntervalMs: resolved.serverAliveIntervalMs,
      serverAliveCountMax: resolved.serverAliveCountMax,
      compression: resolved.compression,
      identityFiles: named.length > 0 ? named : resolved.identityFiles,
      identitiesOnly: resolved.identitiesOnly,
      identityAgent: resolved.identityAgent,
      forwardAgent: spec.forwardAgent || resolved.forwardAgent,
      authMethods: authMethods(resolved),
      kex: resolved.kexAlgorithms,
      ciphers: resolved.ciphers,
      macs: resolved.macs,
      hostKeys: await this.#verifier(resolved),
      ...(proxyCommand && { proxyCommand: `exec ${proxyCommand.command}` }),
      ...(jump && { jump }),
    }
  }

  /** Each hop goes through the one before it; the first may have a way of its own in the configuration. */
  async #hops(hops: readonly Destination[], depth: number): Promise<SshTarget | undefined> {
    const [last] = hops.slice(-1)
    if (!last) return undefined
    const before = hops.slice(0, -1)
    const through = before.length > 0 ? { options: [`ProxyJump ${before.map(formatDestination).join(',')}`] } : {}
    return this.#resolve({ ...last, ...through }, { identityFiles: [], depth: depth + 1 })
  }

  async #verifier(resolved: ResolvedHost): Promise<KnownHostsVerifier> {
    const { now, confirm } = this.#options
    const files = [...resolved.userKnownHostsFiles, ...resolved.globalKnownHostsFiles]
    const [file] = resolved.userKnownHostsFiles
    return new KnownHostsVerifier({
      knownHosts: await this.#known({ files, revoked: resolved.revokedHostKeys }),
      name: { host: resolved.hostname, port: resolved.port, hostKeyAlias: resolved.hostKeyAlias },
      policy: this.#policy(resolved),
      hostKeyAlgorithms: resolved.hostKeyAlgorithms,
      caSignatureAlgorithms: resolved.caSignatureAlgorithms,
      minRsaBits: resolved.requiredRsaBits,
      ...(file !== undefined && { acceptInto: { file, hash: resolved.hashKnownHosts } }),
      ...(confirm && { confirm }),
      now,
    })
  }

  /** `no` of OpenSSH, which also takes changed keys, is no more here than accept-new. Nobody is asked where nobody is. */
  #policy({ strictHostKeyChecking, directives }: ResolvedHost): 'strict' | 'accept-new' | 'ask' {
    const { spec, confirm } = this.#options
    if (spec.hostKeyPolicy) return spec.hostKeyPolicy
    if (!directives.has('stricthostkeychecking') || strictHostKeyChecking === 'yes') return 'strict'
    if (strictHostKeyChecking === 'ask') return confirm ? 'ask' : 'strict'
    return 'accept-new'
  }

  /** Hosts that share their files share what is read of them. */
  #known(files: { readonly files: readonly string[]; readonly revoked: string | undefined }): Promise<KnownHosts> {
    const key = JSON.stringify(files)
    const known = this.#knownHosts.get(key) ?? KnownHosts.load(files, systemStore())
    this.#knownHosts.set(key, known)
    return known
  }

  /** A command from a file that somebody else can write would let them run anything as this user. */
  async #refuseUnsafe(place: { readonly file: string; readonly line: number }): Promise<void> {
    const { world } = this.#options
    const owner = await world.owner?.(place.file)
    if (!owner || isSafeOwner(owner, world.uid)) return
    const hint = `the file must be yours or root's and writable by nobody else: chmod go-w ${place.file}`
    throw sshConfigError(place, 'ProxyCommand is not run from a file that others can write', hint)
  }
}

function authMethods(resolved: ResolvedHost): string[] {
  const on: Readonly<Record<string, boolean>> = {
    publickey: resolved.pubkeyAuthentication,
    'keyboard-interactive': resolved.kbdInteractiveAuthentication,
    password: resolved.passwordAuthentication,
  }
  const preferred = resolved.preferredAuthentications ?? ['publickey', 'keyboard-interactive', 'password']
  return preferred.filter(method => on[method] && !(resolved.batchMode && method !== 'publickey'))
}
