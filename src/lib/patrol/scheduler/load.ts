import type { SlaClass } from '../../probe/index.ts'
import type { LagFigures } from './lag-histogram.ts'
import type { Queues } from './queues.ts'

/** What the scheduler does, for metrics. */
export interface Load {
  /** Not due yet. */
  readonly waiting: number
  /** Due and not begun. */
  readonly due: number
  /** Workers taken. */
  readonly running: number
  /** Runs that do not end though they were aborted, and hold no worker any more. */
  readonly abandoned: number
  readonly byClass: Readonly<Record<SlaClass, ClassLoad>>
}

export interface ClassLoad {
  readonly due: number
  readonly running: number
  /** Since the beginning, as the next two. */
  readonly started: number
  /** Ran into their deadline. */
  readonly aborted: number
  readonly abandoned: number
  readonly lag: LagFigures
  /** How long the longest due one has been; 0 when none is. */
  readonly oldestDueMs: number
}

export function loadOf(queues: Queues, { abandoned, now }: { readonly abandoned: number; readonly now: number }): Load {
  const byClass = { P0: classLoad('P0', queues, now), P1: classLoad('P1', queues, now), P2: classLoad('P2', queues, now) }
  const due = byClass.P0.due + byClass.P1.due + byClass.P2.due
  return { waiting: queues.waiting, due, running: queues.running, abandoned, byClass }
}

function classLoad(sla: SlaClass, queues: Queues, now: number): ClassLoad {
  const { ready, due, running, started, aborted, abandoned, lag } = queues.lane(sla)
  let oldest = ready.first?.dueAt ?? now
  for (const { job, dueAt } of queues.blocked()) if (job.sla === sla) oldest = Math.min(oldest, dueAt)
  return { due, running, started, aborted, abandoned, lag: lag.figures(), oldestDueMs: now - oldest }
}
