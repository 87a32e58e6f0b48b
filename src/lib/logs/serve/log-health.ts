import { formatDuration } from '../../core/duration.ts'
import type { DeadLetters } from '../delivery/dead-letters.ts'
import type { Lane } from '../delivery/lane.ts'
import type { SourceTrouble } from '../source-runs.ts'

/** Why a pipeline is not well. */
export interface HealthReason {
  readonly kind: 'source' | 'sink' | 'spool' | 'dead-letters'
  /** Of the source or sink. */
  readonly name?: string
  readonly message: string
  /** For how long. */
  readonly seconds?: number
  /** How full. */
  readonly share?: number
}

interface HealthLook {
  readonly lanes: readonly Pick<Lane, 'name' | 'look'>[]
  readonly troubles: readonly SourceTrouble[]
  readonly deadLetters: DeadLetters['room']
  /** What fails for less is no reason yet. */
  readonly unhealthyAfterMs: number
}

/** Beyond that there is soon no room. */
const fullShare = 0.9

/** Empty while all is well. */
export function healthReasons({ lanes, troubles, deadLetters, unhealthyAfterMs }: HealthLook): HealthReason[] {
  const sinks = lanes.flatMap(({ name, look: { problem, failingMs } }): HealthReason[] =>
    problem !== undefined && failingMs >= unhealthyAfterMs
      ? [{ kind: 'sink', name, message: `takes nothing for ${told(failingMs)}: ${problem}`, seconds: seconds(failingMs) }]
      : [],
  )
  const spools = lanes.flatMap(({ name, look: { spoolBytes, maxSpoolBytes } }): HealthReason[] =>
    full('spool', { bytes: spoolBytes, maxBytes: maxSpoolBytes }).map(reason => ({ ...reason, name })),
  )
  const sources = troubles.flatMap(({ source, problem, forMs }): HealthReason[] =>
    forMs >= unhealthyAfterMs
      ? [{ kind: 'source', name: source, message: `can not be read for ${told(forMs)}: ${problem}`, seconds: seconds(forMs) }]
      : [],
  )
  return [...sources, ...sinks, ...spools, ...full('dead-letters', deadLetters)]
}

function full(kind: 'spool' | 'dead-letters', { bytes, maxBytes }: DeadLetters['room']): HealthReason[] {
  const share = Math.round((bytes / maxBytes) * 100) / 100
  if (share < fullShare) return []
  return [{ kind, message: `${kind === 'spool' ? 'the spool is' : 'dead letters are'} ${Math.round(share * 100)} % full`, share }]
}

const seconds = (ms: number): number => Math.round(ms / 1000)
const told = (ms: number): string => formatDuration(seconds(ms) * 1000)
