import { existsSync } from 'node:fs'
import type { Connector, ConnectSpec, Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host, Inventory } from '../core/host.ts'
import { isInShard, type Shard, shardText } from '../core/shard.ts'
import type { Sudo } from '../core/transport.ts'
import { select } from '../inventory/select.ts'
import { Deadline } from '../run/deadline.ts'
import { checkFileLimit } from './file-limit.ts'
import { lastFailed } from './history.ts'
import type { FleetOptions } from './options.ts'
import { readSecretFile } from './secret-file.ts'

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
type OpenOptions = Omit<FleetOptions, 'timeout' | 'idleTimeout' | 'maxFail'>

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
 * @throws OpsError E_NO_TARGETS where there is no target, without --allow-empty
 */
export async function selectHosts(context: Context, options: OpenOptions): Promise<readonly Host[]> {
  const { targets, inventory: sources, sshConfig, allowEmpty } = options
  if (targets.length === 0 && !allowEmpty) {
    throw new OpsError('E_NO_TARGETS', 'no targets were given', { hint: 'name them with -t, as in -t @web or -t localhost' })
  }
  const inventory = await context.inventory({ sources, ...(sshConfig !== undefined && { sshConfig }) })
  return selectFrom(context, inventory, options)
}

type Selection = Pick<FleetOptions, 'targets' | 'limit' | 'shard' | 'allowEmpty'>

/** @throws OpsError E_NO_TARGETS where there is no target, without --allow-empty, E_NODE_SET */
export async function selectFrom(
  context: Context,
  inventory: Inventory,
  { targets, limit, shard, allowEmpty }: Selection,
): Promise<readonly Host[]> {
  const words = await wordsOf(targets, context)
  const failed = (): Promise<readonly string[]> => lastFailed(context.paths.state)
  const { hosts, nearest } = await select({ inventory, targets: words, limit, failed })
  for (const [word, known] of nearest) context.log('warn', `${word} is not in the inventory; did you mean ${known}?`)
  if (hosts.length === 0 && !allowEmpty) {
    const hint = limit.some(set => set.includes('@failed')) ? { hint: 'none of them failed in the last run' } : {}
    throw new OpsError(
      'E_NO_TARGETS',
      `${named(words, targets)} selects no host${limit.length > 0 ? ' after --limit' : ''}`,
      hint,
    )
  }
  return shard ? shareOf(context, hosts, shard) : hosts
}

/** That nothing falls to one of several is no mistake: another share has it. */
function shareOf({ log }: Context, hosts: readonly Host[], shard: Shard): readonly Host[] {
  const mine = hosts.filter(({ name }) => isInShard(name, shard))
  if (mine.length === 0 && hosts.length > 0) log('warn', emptyShare(hosts.length, shard))
  return mine
}

const emptyShare = (all: number, shard: Shard): string =>
  `shard ${shardText(shard)} is empty: ${all === 1 ? 'the one target is' : `all ${all} targets are`} in another one`

function named(words: readonly string[], targets: readonly string[]): string {
  const set = words.join(',')
  if (set.trim() !== '') return set
  return targets.includes('-') ? 'stdin' : `-t '${set}'`
}

/** `-` stands for node sets on stdin, separated by white space. */
async function wordsOf(targets: readonly string[], { io, signal }: Context): Promise<string[]> {
  if (!targets.includes('-')) return [...targets]
  const pieces: Uint8Array[] = []
  for await (const piece of io.stdin.read(signal)) pieces.push(piece)
  const lines = Buffer.concat(pieces).toString('utf8').split('\n')
  const words = lines.flatMap(line => line.replace(/#.*/, '').split(/\s+/)).filter(word => word !== '')
  return targets.flatMap(target => (target === '-' ? words : [target]))
}

async function connectSpec(
  context: Context,
  { isOne, ...options }: ConnectOptions & { readonly isOne: boolean },
): Promise<ConnectSpec> {
  const { connectTimeout, retries, hostKeyPolicy, sshConfig, forwardAgent, user, identity, passwordFile } = options
  // Looked at and read now: a wrong file is told before any host is asked.
  const identityFiles = identity.map(file => identityFile(context, file))
  const password = passwordFile === undefined ? undefined : await readSecretFile(passwordFile)
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
    sudoPasswordFile === '-'
      ? await context.prompt.secret('sudo password:', context.signal)
      : await readSecretFile(sudoPasswordFile)
  return { user, password }
}
