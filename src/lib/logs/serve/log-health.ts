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

/** A part of a source, a host or a file, that can not be read while others can: no reason to start the pipeline anew. */
export interface PartReason {
  readonly source: string
  readonly part: string
  readonly message: string
  readonly seconds: number
}

type Troubles = Pick<HealthLook, 'troubles' | 'unhealthyAfterMs'>

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
  const sources = lasting({ troubles, unhealthyAfterMs })
    .filter(({ part }) => part === undefined)
    .map(({ source, ...trouble }): HealthReason => ({ kind: 'source', name: source, ...unread(trouble) }))
  return [...sources, ...sinks, ...spools, ...full('dead-letters', deadLetters)]
}

/** Empty while every part of every source can be read. */
export const partReasons = (troubles: Troubles): PartReason[] =>
  lasting(troubles).flatMap(({ source, part, ...trouble }) => (part === undefined ? [] : [{ source, part, ...unread(trouble) }]))

const lasting = ({ troubles, unhealthyAfterMs }: Troubles): readonly SourceTrouble[] =>
  troubles.filter(({ forMs }) => forMs >= unhealthyAfterMs)

const unread = ({ problem, forMs }: Pick<SourceTrouble, 'problem' | 'forMs'>) => ({
  message: `can not be read for ${told(forMs)}: ${problem}`,
  seconds: seconds(forMs),
})

function full(kind: 'spool' | 'dead-letters', { bytes, maxBytes }: DeadLetters['room']): HealthReason[] {
  const share = Math.round((bytes / maxBytes) * 100) / 100
  if (share < fullShare) return []
  return [{ kind, message: `${kind === 'spool' ? 'the spool is' : 'dead letters are'} ${Math.round(share * 100)} % full`, share }]
}

const seconds = (ms: number): number => Math.round(ms / 1000)
const told = (ms: number): string => formatDuration(seconds(ms) * 1000)
