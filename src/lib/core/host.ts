import type { Json } from './json.ts'

/** One machine of the fleet, as the inventory names it. What is not set here comes from the OpenSSH configuration, then from defaults. */
export interface Host {
  /** The name that is shown, selected and folded; unique in an inventory. */
  readonly name: string
  /** Name or address to connect to, where it differs from `name`. */
  readonly address?: string
  readonly port?: number
  readonly user?: string
  /** 'local' runs on this machine without SSH. */
  readonly via: 'ssh' | 'local'
  readonly identityFiles?: readonly string[]
  /** OpenSSH's ProxyJump: comma-separated `[user@]host[:port]`; 'none' switches it off. */
  readonly proxyJump?: string
  readonly groups: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly vars: Readonly<Record<string, Json>>
  /** How much of the concurrency this host takes; 1 unless the inventory says more. */
  readonly weight: number
  /** Where the host was declared, `file:line`, for messages. */
  readonly origin?: string
}

/** A host with nothing but its name: the starting point of every inventory source. */
export function hostNamed(name: string, more: Partial<Host> = {}): Host {
  return { name, via: 'ssh', groups: [], labels: {}, vars: {}, weight: 1, ...more }
}

/** The machine that opsctl runs on. */
export const thisMachine: Host = hostNamed('localhost', { via: 'local' })

/** Hosts and groups as one source or the union of several gives them. */
export interface Inventory {
  readonly hosts: ReadonlyMap<string, Host>
  /** Group name to the names of all its hosts, children included, in order of declaration. */
  readonly groups: ReadonlyMap<string, readonly string[]>
}
