import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host, Inventory } from '../core/host.ts'
import { isInShard, type Shard, shardText } from '../core/shard.ts'
import { select } from '../inventory/select.ts'
import type { OpenOptions } from './fleet.ts'
import { lastFailed } from './history.ts'
import type { FleetOptions } from './options.ts'

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
