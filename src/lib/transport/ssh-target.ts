/** How to reach one machine by SSH, with everything resolved. */
export interface SshTarget {
  readonly hostname: string
  readonly port: number
  readonly user: string
  readonly addressFamily: 'any' | 'inet' | 'inet6'
  readonly bindAddress: string | undefined
  readonly tcpKeepAlive: boolean
  readonly serverAliveIntervalMs: number
  readonly serverAliveCountMax: number
  readonly compression: boolean

  /** Files that are missing are passed over. */
  readonly identityFiles: readonly string[]
  /** Of the agent's keys only those that stand in identityFiles. */
  readonly identitiesOnly: boolean
  /** Socket of the agent. */
  readonly identityAgent: string | undefined
  readonly forwardAgent: boolean
  /** In the order of preference. */
  readonly authMethods: readonly string[]

  /** Name lists as ssh_config writes them; absent for what is offered by default. */
  readonly kex?: string | undefined
  readonly ciphers?: string | undefined
  readonly macs?: string | undefined

  readonly hostKeys: HostKeyVerifier
  /** Line for /bin/sh that carries the connection. */
  readonly proxyCommand?: string
  /** The hop before this machine; that one may have a hop of its own. */
  readonly jump?: SshTarget
}

/** Asks the host for its certificate over a connection of its own. */
export type FetchCertificate = (algorithms: readonly string[]) => Promise<Buffer>

/** Judges the key of one host. */
export interface HostKeyVerifier {
  /** Algorithms to offer, those of the known keys first, so that the host shows the key that is known. */
  algorithms(supported: readonly string[], fetchCertificate: FetchCertificate): Promise<readonly string[]>
  /** Called with the raw key before anything is sent to the host. @throws TransportError hostkey */
  verify(key: Buffer): Promise<void>
  /** Called once the host has proven that it holds the key: a new key may be kept from here on. */
  proven?(key: Buffer): Promise<void>
}

/** Names a way to a machine: connections with the same key are the same. */
export function routeOf(target: SshTarget): string {
  const via = target.jump ? `${routeOf(target.jump)} > ` : target.proxyCommand ? `${target.proxyCommand} > ` : ''
  return `${via}${target.user}@${target.hostname}:${target.port}`
}
