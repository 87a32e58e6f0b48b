import type { Clock } from './clock.ts'
import type { Program } from './command.ts'
import type { Component, Kind } from './component.ts'
import type { Host, Inventory } from './host.ts'
import type { Io, Log, Progress, Prompter } from './io.ts'
import type { Item } from './item.ts'
import type { OutputStore } from './output-store.ts'
import type { ConnectStage, Transport } from './transport.ts'

/** Everything the outside world owns. Tests build another one; no module is ever mocked. */
export interface Context {
  readonly program: Program
  readonly io: Io
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  /** Aborts on a signal; its reason is the OpsError that ends the run. */
  readonly signal: AbortSignal
  /** The caller's environment, read once. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The user that runs opsctl; 0 is root. */
  readonly uid: number
  readonly paths: Paths
  readonly runId: string
  readonly settings: Settings
  readonly log: Log
  readonly progress: Progress
  readonly prompt: Prompter
  readonly outputs: OutputStore
  readonly live: Live
  /**
   * What is pending, for the first Ctrl-C and SIGUSR1; `hard`: for the second Ctrl-C, what a process that ends at once leaves behind. The
   * returned function takes it back.
   */
  onInterrupt(describe: (hard: boolean) => string): () => void
  /** Called for SIGHUP, which then does not end the run; the returned function takes it back. Only daemons listen. */
  onReload(listener: () => void): () => void
  /** An item as it happens: streaming formats print it. Waits while the output is held back. */
  emit(item: Item): Promise<void>
  /** Told the name of every moment of a change at which a kill would matter: `after-do web1/config`. Drills and tests listen. */
  readonly passed?: (point: string) => void
  /** Frees memory that nothing uses any more: a few milliseconds, so for the end of many pieces of work, not of each. */
  collectGarbage(): void
  /** A component by kind and type. @throws OpsError E_USAGE naming the nearest type */
  component<K extends Kind>(kind: K, type: string): Promise<Component<K>>
  components<K extends Kind>(kind: K): Promise<readonly Component<K>[]>
  /** The union of the given sources and this machine as `localhost`. @throws OpsError E_INVENTORY */
  inventory(spec: InventorySpec): Promise<Inventory>
  /** A pool of connections that lives as long as the run. */
  connector(spec: ConnectSpec): Promise<Connector>
}

/** Output shown to a person while it happens. `active` is false where the result goes to a machine format. */
export interface Live {
  readonly active: boolean
  readonly terminal: boolean
  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void>
}

export interface Paths {
  /** $XDG_STATE_HOME/opsctl, or /var/lib/opsctl for root, made on first use with mode 0700. */
  readonly state: string
  readonly home: string | undefined
  readonly cwd: string
  /** Configuration files in order of precedence, strongest first; they need not exist. */
  readonly config: readonly string[]
}

/** The global flags, parsed. */
export interface Settings {
  readonly outputs: readonly { readonly format: string; readonly file?: string }[]
  readonly verbosity: number
  readonly mayPrompt: boolean
  readonly assumeYes: boolean
}

export interface InventorySpec {
  /** Paths of -i; empty for the embedded inventory and the default ones. */
  readonly sources: readonly string[]
  /** OpenSSH client configuration whose Host entries count as inventory; absent for the default files, 'none' for none. */
  readonly sshConfig?: string
}

export interface ConnectSpec {
  /** No host but this machine is meant: what SSH needs is neither read nor loaded. */
  readonly onlyLocal?: boolean
  readonly connectTimeoutMs: number
  readonly retries: number
  /** Over StrictHostKeyChecking of the SSH configuration; strict where neither says. */
  readonly hostKeyPolicy?: 'strict' | 'accept-new' | 'ask'
  readonly sshConfig?: string
  readonly forwardAgent: boolean
  readonly user?: string
  readonly identityFiles: readonly string[]
  /** Asked once, with the `user@host` that wants it first, and used for every host that takes passwords. Absent: never. */
  readonly password?: (login: string) => Promise<string>
}

export interface Connector extends AsyncDisposable {
  /**
   * The kept connection to a host, made on first use with retries of the connect phase.
   * @throws TransportError
   */
  connect(
    host: Host,
    options: { readonly signal: AbortSignal; readonly onStage?: (stage: ConnectStage, attempt: number) => void },
  ): Promise<Transport>
  /** A new connection with a login of its own, which the caller closes. @throws TransportError */
  login(host: Host, options: { readonly signal: AbortSignal }): Promise<Transport>
}
