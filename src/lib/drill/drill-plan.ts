import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import type { Json } from '../core/json.ts'
import type { Plan, StepSpec } from '../core/plan.ts'
import { shardText } from '../core/shard.ts'
import { type FleetOptions, selectHosts } from '../fleet/index.ts'
import { parameterNames } from '../plan/file/components.ts'
import { isMapping } from '../plan/file/node.ts'
import { beyond } from './playbook/blast-radius.ts'
import type { AskedFault, Playbook } from './playbook/playbook.ts'

type Selection = Omit<FleetOptions, 'timeout' | 'idleTimeout' | 'maxFail'>

export interface PlannedDrill {
  readonly plan: Plan
  /** All that some fault is for. */
  readonly hosts: readonly Host[]
}

/** The kernel ends a fault that is left behind so long after everything else should have. */
const slackMs = 60_000

/**
 * The plan of a playbook over the hosts that it selects: everything is taken back in the end, and by the hosts themselves when opsctl is
 * lost. @throws OpsError E_PLAN beyond the blast radius, E_NO_TARGETS, E_INVENTORY, E_NODE_SET
 */
export async function planDrill(context: Context, playbook: Playbook, options: Selection): Promise<PlannedDrill> {
  const faults = await Promise.all(
    playbook.faults.map(async asked => ({ asked, hosts: await hostsOf(context, asked, { playbook, options }) })),
  )
  const hosts = [...new Map(faults.flatMap(fault => fault.hosts).map(host => [host.name, host])).values()]
  const why = beyond(playbook.blastRadius, hosts)
  if (why !== undefined)
    throw new OpsError('E_PLAN', `${playbook.path}: ${why}`, {
      hint: 'narrow the targets, or say in the playbook that more may be touched',
    })
  const steps: StepSpec[] = []
  for (const { asked, hosts: touched } of faults) {
    const own = new Set(touched.map(({ name }) => name))
    const others = hosts.filter(({ name }) => !own.has(name))
    const perHost = { variants: [null], of: Object.fromEntries(others.map(({ name }) => [name, 0])) }
    const params = await completed(context, asked, { playbook, options })
    steps.push({ id: asked.id, kind: asked.type, params, precheck: [], verify: [], ...(others.length > 0 && { perHost }) })
  }
  const plan: Plan = {
    name: playbook.name,
    precheck: playbook.steady,
    steps,
    waves: [{ percent: 100 }],
    pauseMs: 0,
    gates: [],
    rollback: 'run',
    finally: 'undo',
    hold: { ttlMs: playbook.holdMs, confirm: [] },
  }
  return { plan, hosts }
}

interface Planning {
  readonly playbook: Playbook
  readonly options: Selection
}

/** Those of the step, else those of the command line, else those of the playbook. */
async function hostsOf(context: Context, asked: AskedFault, { playbook, options }: Planning): Promise<readonly Host[]> {
  const targets = asked.targets ?? (options.targets.length > 0 ? options.targets : playbook.targets)
  if (targets.length > 0) {
    const hosts = await selectHosts(context, { ...options, targets: [...targets] })
    if (hosts.length > 0 || options.shard === undefined || options.allowEmpty) return hosts
    throw new OpsError(
      'E_NO_TARGETS',
      `${asked.place}: no target of the step ${asked.id} is in shard ${shardText(options.shard)}`,
      {
        hint: 'a drill that breaks nothing proves nothing',
      },
    )
  }
  throw new OpsError('E_NO_TARGETS', `${asked.place}: the step ${asked.id} has no targets`, {
    hint: 'write targets:, or name them with -t',
  })
}

/** With what the step needs to know besides: how long it may last, and where its peers are. */
async function completed(
  context: Context,
  { type, params, durationMs }: AskedFault,
  { playbook, options }: Planning,
): Promise<Json> {
  if (!isMapping(params)) return params
  const known = parameterNames(await context.component('step', type))
  const { holdMs } = playbook
  const lasts = `${Math.ceil((durationMs + holdMs + slackMs) / 1000)}s`
  const peers = known.includes('peers') ? params['peers'] : undefined
  return {
    ...params,
    ...(known.includes('lasts') && params['lasts'] === undefined && { lasts }),
    ...(Array.isArray(peers) && { peers: await addressesOf(context, peers.map(String), options) }),
  }
}

/** Hosts by the name of the inventory become what they are reached by; networks stay as they are. */
async function addressesOf(context: Context, peers: readonly string[], options: Selection): Promise<string[]> {
  const networks = peers.filter(peer => /^[0-9a-f.:]+\/\d+$/i.test(peer))
  const words = peers.filter(peer => !networks.includes(peer))
  const { shard: _, ...others } = options
  const hosts = words.length === 0 ? [] : await selectHosts(context, { ...others, targets: words, limit: [] })
  return [...networks, ...hosts.map(({ name, address }) => address ?? name)]
}
