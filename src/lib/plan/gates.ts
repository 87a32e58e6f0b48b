import type { Check } from '../core/check.ts'
import { rfc3339 } from '../core/clock.ts'
import type { Host } from '../core/host.ts'
import type { Item } from '../core/item.ts'
import { bounded } from '../run/bounded.ts'
import type { ChangeWork } from './host-turn.ts'

interface GateRequest {
  readonly gates: readonly Check[]
  readonly wave: string
  /** The hosts of the wave on which the steps succeeded. */
  readonly hosts: readonly Host[]
  readonly signal: AbortSignal
  readonly work: GateWork
  /** Hosts that are asked at once. */
  readonly concurrency: number
}

interface GateTurn extends Pick<GateRequest, 'wave' | 'signal' | 'work'> {
  /** For the path of the item. */
  readonly step: string
  readonly host: Host
}

export interface GateVerdict {
  readonly passed: boolean
  /** Names of the hosts on which a gate did not pass. */
  readonly failed: ReadonlySet<string>
}

type GateWork = Pick<ChangeWork, 'clock' | 'connector' | 'sudo' | 'onItem'>

/** Judges every gate on every host of a wave. A gate without an answer is not passed: no data is a failure. */
export async function judgeGates({ gates, wave, hosts, signal, work, concurrency }: GateRequest): Promise<GateVerdict> {
  const failed = new Set<string>()
  const inBounds = bounded(concurrency)
  for (const [index, gate] of gates.entries()) {
    const step = gates.length === 1 ? 'gate' : `gate-${index + 1}`
    const items = await Promise.all(hosts.map(host => inBounds(() => judge(gate, { step, host, wave, signal, work }))))
    for (const item of items) {
      await work.onItem(item)
      if (item.host !== undefined && item.verdict !== 'pass' && item.verdict !== 'warn') failed.add(item.host)
    }
  }
  return { passed: failed.size === 0 && (hosts.length > 0 || gates.length === 0), failed }
}

async function judge(gate: Check, { step, host, wave, signal, work }: GateTurn): Promise<Item> {
  const { clock, connector, sudo } = work
  const startedAt = clock.now()
  const item = (part: Pick<Item, 'verdict' | 'message' | 'metrics'>): Item => ({
    path: `${wave}/${host.name}/${step}`,
    host: host.name,
    name: gate.title,
    startedAt: rfc3339(startedAt),
    durationMs: clock.now() - startedAt,
    ...part,
  })
  try {
    const transport = await connector.connect(host, { signal })
    const { verdict, message, metrics } = await gate.run({ transport, clock, signal, ...(sudo && { sudo }) })
    return item({ verdict, message, ...(metrics && { metrics }) })
  } catch (error) {
    return item({ verdict: 'unknown', message: error instanceof Error ? error.message : String(error) })
  }
}
