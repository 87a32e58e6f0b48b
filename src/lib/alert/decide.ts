import { type Alert, type AlertSeverity, alertSeverities } from '../core/alert.ts'
import type { Incident, Send, Thread } from './incident.ts'
import type { Moment } from './ledger.ts'
import type { Raised } from './record.ts'
import type { Target } from './route.ts'

interface Known {
  readonly incident: Incident | undefined
  /** Who is to be told of the alert. */
  readonly targets: readonly Target[]
  readonly now: Moment
}

/** What follows from an alert; undefined when nothing does: it is known, or concerns nobody. */
export function decide(alert: Alert, { incident, targets, now }: Known): Raised | undefined {
  if (incident?.isResolved) return undefined
  const decided = alert.status === 'resolved' ? incident && ending(incident) : beginning(alert, { incident, targets, now })
  return decided && { type: 'raised', at: now.wall, alert, ...decided }
}

type Decided = Pick<Raised, 'sends' | 'cancels'>

function beginning(alert: Alert, { incident, targets, now }: Known): Decided | undefined {
  if (incident && rank(alert.severity) <= rank(incident.severity)) return undefined
  // What was to be told at the lower severity, and was not yet, is told at the higher one or not at all.
  const cancels = incident ? waitingOf(incident) : []
  const sends = targets.map(target => {
    const waits = cancels.find(({ thread }) => thread.channel === target.channel)
    const leftMs = waits ? Math.max(0, waits.send.dueAt - now.monotonic) : target.afterMs
    return { ...target, afterMs: Math.min(target.afterMs, leftMs) }
  })
  if (!incident && sends.length === 0) return undefined
  return { sends, cancels: cancels.map(named) }
}

function ending(incident: Incident): Decided {
  const waiting = waitingOf(incident)
  const sends: Target[] = []
  for (const thread of incident.threads.values()) {
    const isBegun = thread.told.length > 0 || thread.sends.some(send => !isWaiting(send, thread))
    if (isBegun && thread.resolves) sends.push({ channel: thread.channel, afterMs: 0, resolved: true })
  }
  return { sends, cancels: waiting.map(named) }
}

interface Waiting {
  readonly thread: Thread
  readonly send: Send
}

function waitingOf(incident: Incident): Waiting[] {
  return [...incident.threads.values()].flatMap(thread =>
    thread.sends.filter(send => isWaiting(send, thread)).map(send => ({ thread, send })),
  )
}

/** What goes at once has begun the moment it is decided, though it is not durable yet. */
const isWaiting = ({ isBegun, afterMs, kind }: Send, { mutedBy }: Thread): boolean =>
  kind === 'news' && !isBegun && (afterMs > 0 || mutedBy !== undefined)

const named = ({ thread, send }: Waiting): { channel: string; key: string } => ({ channel: thread.channel, key: send.key })

const rank = (severity: AlertSeverity): number => alertSeverities.indexOf(severity)
