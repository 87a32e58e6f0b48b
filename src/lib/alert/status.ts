import type { Alert } from '../core/alert.ts'
import { type Clock, rfc3339 } from '../core/clock.ts'
import type { AlertingConfig } from './config.ts'
import type { Account, Despatch } from './despatch.ts'
import type { Ledger } from './ledger.ts'

/** How one channel is. The counts are since the start. */
export interface ChannelStatus extends Readonly<Account> {
  readonly name: string
  /** Absent when the configuration does not have it any more. */
  readonly type?: string
  readonly title?: string
  /** Due, and not yet accepted. */
  readonly waiting: number
  /** Not due yet, or held back by a window. */
  readonly delayed: number
  readonly bytes: number
  /** Of what is due, milliseconds. */
  readonly oldestMs?: number
  readonly lastError?: { readonly message: string; readonly at: string }
  /** Until the next attempt, milliseconds; 0 while one is under way. */
  readonly nextTryMs?: number
}

/** One thing that one channel is still to be told. */
export interface PendingAlert {
  readonly channel: string
  readonly alert: Alert
  readonly state: 'delayed' | 'muted' | 'queued' | 'sending'
  /** Until it is due, milliseconds. */
  readonly dueMs: number
  /** The window that holds it back. */
  readonly mutedBy?: string
}

interface Looked {
  readonly despatch: Despatch
  readonly ledger: Ledger
  readonly clock: Clock
}

export function channelStatuses({ config, ...looked }: Looked & { readonly config: AlertingConfig }): ChannelStatus[] {
  const pending = Map.groupBy(
    pendingAlerts(looked).map(each => ({ ...each, isDue: each.state === 'queued' || each.state === 'sending' })),
    ({ channel }) => channel,
  )
  const names = new Set([...config.channels.keys(), ...pending.keys()])
  return [...names].map(name => {
    const { despatch, ledger } = looked
    const named = config.channels.get(name)
    const all = pending.get(name) ?? []
    const due = all.filter(({ isDue }) => isDue)
    const { lastError, nextTryMs } = despatch.queue(name)
    return {
      name,
      ...(named && { type: named.type, title: named.channel.title }),
      ...{ waiting: due.length, delayed: all.length - due.length, bytes: ledger.backlogs.get(name)?.bytes ?? 0 },
      ...(due.length > 0 && { oldestMs: Math.max(0, ...due.map(({ dueMs }) => -dueMs)) }),
      ...despatch.account(name),
      ...(lastError && { lastError: { message: lastError.message, at: rfc3339(lastError.at) } }),
      ...(nextTryMs !== undefined && due.length > 0 && { nextTryMs }),
    }
  })
}

export function pendingAlerts({ despatch, ledger, clock }: Looked): PendingAlert[] {
  const now = clock.monotonic()
  return [...ledger.backlogs].flatMap(([channel, backlog]) =>
    [...backlog].flatMap(([send, { mutedBy }]) => {
      if (send.kind === 'resend') return []
      const dueMs = send.dueAt - now
      const isMuted = mutedBy !== undefined && !send.isBegun
      const state = isMuted ? 'muted' : dueMs > 0 ? 'delayed' : despatch.isSending(send) ? 'sending' : 'queued'
      return [{ channel, alert: send.alert, state, dueMs, ...(isMuted && { mutedBy }) }]
    }),
  )
}
