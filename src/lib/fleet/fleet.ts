import { existsSync } from 'node:fs'
import type { Connector, ConnectSpec, Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { type Host, thisMachine } from '../core/host.ts'
import type { Shard } from '../core/shard.ts'
import type { Sudo } from '../core/transport.ts'
import { Deadline } from '../run/deadline.ts'
import { checkFileLimit } from './file-limit.ts'
import type { FleetOptions } from './options.ts'

/** The selected hosts, ready to be worked on. */
export interface Fleet extends AsyncDisposable {
  readonly hosts: readonly Host[]
  readonly connector: Connector
  /** Aborts at the run's deadline or on a signal of the caller; its reason is the OpsError that ends the run. */
  readonly signal: AbortSignal
  readonly sudo?: Sudo
  /** The hosts are this share of the targets only. */
  readonly shard?: Shard
}

/** The flags that connections need. */
type ConnectOptions = Omit<OpenOptions, 'targets' | 'inventory' | 'limit' | 'allowEmpty'>

/** The flags that a fleet needs. */
export type OpenOptions = Omit<FleetOptions, 'timeout' | 'idleTimeout' | 'maxFail'>

/**
 * Selects the hosts that the flags name and prepares connections to them. Nothing is contacted yet.
 * @throws OpsError E_NO_TARGETS, E_INVENTORY, E_NODE_SET, E_SSH_CONFIG, E_LIMITS
 */
export async function openFleet(context: Context, options: OpenOptions): Promise<Fleet> {
  return connectFleet(context, await selectHosts(context, options), options)
}

/** The same for hosts that are known already. @throws OpsError E_SSH_CONFIG, E_LIMITS */
export async function connectFleet(context: Context, hosts: readonly Host[], options: ConnectOptions): Promise<Fleet> {
  checkFileLimit({ hosts, concurrency: options.concurrency })
  const spec = await connectSpec(context, { ...options, isOne: hosts.length === 1 })
  const connector = await context.connector({ ...spec, onlyLocal: isOnlyLocal(hosts, spec) })
  const deadline = new Deadline(context.clock, {
    ms: options.deadline,
    signal: context.signal,
    reason: () => new OpsError('E_DEADLINE', `the deadline of ${options.deadline / 1000} s passed`),
  })
  const sudo = await sudoOf(context, options)
  return {
    hosts,
    connector,
    signal: deadline.signal,
    ...(sudo && { sudo }),
    ...(options.shard && { shard: options.shard }),
    async [Symbol.asyncDispose]() {
      deadline[Symbol.dispose]()
      await connector[Symbol.asyncDispose]()
    },
  }
}

/** What was said about SSH is checked all the same, though nothing would come of it. */
const isOnlyLocal = (hosts: readonly Host[], { identityFiles, sshConfig }: ConnectSpec): boolean =>
  identityFiles.length === 0 && sshConfig === undefined && hosts.every(({ via }) => via === 'local')

/**
 * The hosts of -t, --limit and --shard, in order. A share may be empty.
 * @throws OpsError E_NO_TARGETS where there is no target, without --allow-empty, E_INVENTORY, E_NODE_SET
 */
export async function selectHosts(context: Context, options: OpenOptions): Promise<readonly Host[]> {
  // No inventory says anything about it, and reading those of SSH takes a tenth of a start.
  if (isThisMachine(options)) return [thisMachine]
  return (await import('./select-hosts.ts')).selectHosts(context, options)
}

const isThisMachine = ({ targets, limit, shard, inventory, sshConfig }: OpenOptions): boolean =>
  targets.length > 0 &&
  targets.every(word => word === thisMachine.name) &&
  limit.length === 0 &&
  shard === undefined &&
  inventory.length === 0 &&
  sshConfig === undefined

async function connectSpec(
  context: Context,
  { isOne, ...options }: ConnectOptions & { readonly isOne: boolean },
): Promise<ConnectSpec> {
  const { connectTimeout, retries, hostKeyPolicy, sshConfig, forwardAgent, user, identity, passwordFile } = options
  // Looked at and read now: a wrong file is told before any host is asked.
  const identityFiles = identity.map(file => identityFile(context, file))
  const password = passwordFile === undefined ? undefined : await secretIn(passwordFile)
  return {
    connectTimeoutMs: connectTimeout,
    retries,
    forwardAgent,
    identityFiles,
    ...(hostKeyPolicy && { hostKeyPolicy }),
    ...(sshConfig !== undefined && { sshConfig }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password: async () => password }),
    ...(password === undefined &&
      context.settings.mayPrompt && {
        password: (login: string) =>
          context.prompt.secret(`SSH password of ${login}${isOne ? '' : ' and of every host that asks'}:`, context.signal),
      }),
  }
}

/** The public half alone names a key of the agent. @throws OpsError E_USAGE */
function identityFile({ paths }: Context, file: string): string {
  const path = file.startsWith('~/') && paths.home !== undefined ? `${paths.home}${file.slice(1)}` : file
  if (existsSync(path) || existsSync(`${path}.pub`)) return path
  throw new OpsError('E_USAGE', `--identity ${file}: there is no such file`)
}

async function sudoOf(context: Context, { sudo, sudoUser, sudoPasswordFile }: ConnectOptions): Promise<Sudo | undefined> {
  if (!sudo && sudoUser === undefined) {
    if (sudoPasswordFile === undefined) return undefined
    throw new OpsError('E_USAGE', '--sudo-password-file says how to use sudo, but not to use it', { hint: 'add --sudo' })
  }
  const user = sudoUser ?? 'root'
  if (sudoPasswordFile === undefined) return { user }
  const password =
    sudoPasswordFile === '-' ? await context.prompt.secret('sudo password:', context.signal) : await secretIn(sudoPasswordFile)
  return { user, password }
}

const secretIn = async (path: string): Promise<string> => (await import('./secret-file.ts')).readSecretFile(path)
