import { keyOf, loadAlerts, type NamedChannel, sendOnce } from '../../alert/index.ts'
import type { Alert, Delivery } from '../../core/alert.ts'
import { rfc3339 } from '../../core/clock.ts'
import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { Item } from '../../core/item.ts'
import { nearest } from '../../core/nearest.ts'
import { randomHex } from '../../core/random-hex.ts'
import { type Report, ReportFold } from '../../core/report.ts'
import { readSecret } from '../../fleet/index.ts'
import { confirm } from '../../plan/confirmation.ts'
import { SharedThings } from '../../run/shared-things.ts'
import type { ProbeAlertsTestOptions } from './options.ts'

/** Sends an alert through one channel, and then its end: one attempt each. @throws OpsError E_CONFIG, E_USAGE, E_CONFIRM */
export async function testChannel(context: Context, { channel, severity, alerts }: ProbeAlertsTestOptions): Promise<Report> {
  const { clock, runId } = context
  const { config } = await loadAlerts(context, alerts)
  const named = config.channels.get(channel)
  if (named === undefined) throw unknownChannel(channel, [...config.channels.keys()])
  await confirm(context, `send a test alert to ${named.channel.title}?`, { look: 'opsctl probe routes test' })
  const [started, startedAt] = [clock.monotonic(), rfc3339(clock.now())]
  const firing: Alert = {
    ...{ incident: `test-${randomHex(8)}`, status: 'firing', severity, startedAt },
    summary: 'test of opsctl: nothing is wrong',
    labels: { check: 'test' },
  }
  const fold = new ReportFold()
  const begun = await sendItem(context, { named, alert: firing })
  fold.add(begun)
  const over: Alert = { ...firing, status: 'resolved', endedAt: rfc3339(clock.now()) }
  fold.add(
    begun.outcome === 'ok'
      ? await sendItem(context, { named, alert: over })
      : itemOf({ named, alert: over }, { outcome: 'skipped', message: 'nobody was told of its begin', startedAt, durationMs: 0 }),
  )
  const items = fold.items()
  for (const item of items) await context.emit(item)
  return {
    ...{ kind: 'alerts-test', version: 1, runId, title: `probe alerts test ${channel}`, startedAt, items },
    ...{ durationMs: Math.round(clock.monotonic() - started), counts: fold.counts, omitted: 0, changed: false },
  }
}

function unknownChannel(name: string, known: readonly string[]): OpsError {
  const close = nearest(name, known)
  return new OpsError('E_USAGE', `there is no channel '${name}'`, {
    hint: close ? `did you mean ${close}?` : known.length > 0 ? `there are ${known.join(', ')}` : 'the file has no channels',
  })
}

interface Sending {
  readonly named: NamedChannel
  readonly alert: Alert
}

async function sendItem(context: Context, { named, alert }: Sending): Promise<Item> {
  const { clock, signal } = context
  await using shared = new SharedThings()
  const began = clock.monotonic()
  const startedAt = rfc3339(clock.now())
  const delivery = await sendOnce(named, {
    ...{ alert, clock, signal, shared, key: keyOf(alert) },
    earlier: alert.status === 'resolved' ? [alert.severity] : [],
    secret: reference => readSecret(context, reference),
  })
  signal.throwIfAborted()
  return itemOf({ named, alert }, { ...cameOf(delivery), startedAt, durationMs: Math.round(clock.monotonic() - began) })
}

function cameOf(delivery: Delivery): Pick<Item, 'outcome' | 'message' | 'reason'> {
  if (delivery.result === 'delivered') return { outcome: 'ok', message: 'delivered' }
  const { message } = delivery
  if (delivery.result === 'refused') return { outcome: 'failed', reason: 'status', message: `refused: ${message}` }
  return { outcome: 'failed', reason: 'error', message }
}

const itemOf = (
  { named: { name }, alert: { status } }: Sending,
  rest: Pick<Item, 'outcome' | 'message' | 'reason' | 'startedAt' | 'durationMs'>,
): Item => ({ path: `${name}/${status}`, name: `${name} ${status}`, ...rest })
