import { type Clock, sleep } from '../../core/clock.ts'
import { OpsError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import type { OpenSink, Parcel, Receipt, RecordPlace, RefusedRecord } from '../../core/sink.ts'
import { withDeadline } from '../../run/deadline.ts'
import { backoffMs } from '../../run/retry.ts'
import { halves, pendingParts, type SendLimits, withinLimits } from './parcel-parts.ts'
import type { SendLook } from './sink-figures.ts'

export interface ShipmentOptions {
  readonly sink: OpenSink
  /** As the sink has them, and smaller ones where the other side said that it takes less. */
  readonly limits: SendLimits
  /** Of one attempt. */
  readonly deadlineMs: number
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  /** No attempt is begun behind a failed one. */
  readonly stopping: AbortSignal
  /** Attempts under way end too. */
  readonly ending: AbortSignal
  /** An attempt ended, well or not. */
  readonly onSent?: (look: SendLook) => void
  readonly onFailed: (problem: string) => void
  readonly onTaken: () => void
  /** The other side takes less than so many bytes. */
  readonly onTooLarge: (bytes: number) => void
}

/** A record that will never be taken, in the parcel that it was sent in. */
export interface Dead {
  readonly parcel: Parcel
  readonly record: number
  readonly reason: string
}

export interface Shipped {
  readonly dead: readonly Dead[]
  readonly state?: Json
}

/** The first wait is below half a second, none is longer than 30 s. */
const waits = { baseMs: 500, maxMs: 30_000 }

/** Sends until every record is taken or refused for good; undefined where it was told to stop before. */
export async function ship(parcels: readonly Parcel[], options: ShipmentOptions): Promise<Shipped | undefined> {
  const { stopping, clock, random } = options
  const dead: Dead[] = []
  let state: Json | undefined
  let failures = 0
  const batches = packed(parcels, options.limits)
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
    const sent = batch
    const began = clock.monotonic()
    const receipt = await attempt(sent, options)
    options.onSent?.({ parcels: sent, receipt, seconds: (clock.monotonic() - began) / 1000, isRetry: failures > 0 })
    if ('refused' in receipt) for (const each of receipt.refused ?? []) dead.push(...deadOf(sent, each))
    if (receipt.result === 'later') {
      const pending = receipt.pending === undefined ? sent : pendingParts(sent, receipt.pending)
      if (pending.length === 0) continue
      options.onFailed(receipt.message)
      failures = receipt.pending === undefined ? failures + 1 : 1
      batches.unshift(pending)
      if (stopping.aborted) return undefined
      const waitMs = Math.max(receipt.afterMs ?? 0, backoffMs(failures, { ...waits, random }))
      await sleep(clock, waitMs, stopping).catch(() => {})
      if (stopping.aborted) return undefined
      continue
    }
    options.onTaken()
    failures = 0
    if (receipt.result === 'delivered' && receipt.state !== undefined) state = receipt.state
    if (receipt.result === 'refused') dead.push(...allOf(sent, receipt.message))
    if (receipt.result !== 'too-large') continue
    const split = halves(sent)
    if (split === undefined) dead.push(...allOf(sent, receipt.message))
    else {
      options.onTooLarge(sent.reduce((bytes, { records }) => bytes + records.length, 0))
      batches.unshift(...split)
    }
  }
  return { dead, ...(state !== undefined && { state }) }
}

/** What is sent together. */
function packed(parcels: readonly Parcel[], limits: SendLimits): Parcel[][] {
  const batches: Parcel[][] = []
  let [bytes, records] = [0, 0]
  for (const parcel of parcels)
    for (const part of withinLimits(parcel, limits)) {
      bytes += part.records.length
      records += part.count
      const last = batches.at(-1)
      if (last !== undefined && bytes <= limits.bytes && records <= limits.records) last.push(part)
      else {
        batches.push([part])
        bytes = part.records.length
        records = part.count
      }
    }
  return batches
}

/** A sink throws E_OUTPUT where stdout can be written no more, which ends the run; else only where its author made a mistake or where it was stopped: neither loses a record. */
async function attempt(parcels: readonly Parcel[], { sink, clock, deadlineMs, ending }: ShipmentOptions): Promise<Receipt> {
  const reason = (): OpsError => new OpsError('E_DEADLINE', `no answer within ${deadlineMs / 1000} s`)
  try {
    return await withDeadline(clock, { ms: deadlineMs, signal: ending, reason }, signal => sink.send(parcels, signal))
  } catch (error) {
    if (error instanceof OpsError && error.code === 'E_OUTPUT') throw error
    return { result: 'later', message: error instanceof Error ? error.message : String(error) }
  }
}

function deadOf(parcels: readonly Parcel[], { parcel, record, reason }: RefusedRecord): Dead[] {
  const found = parcels[parcel]
  return found ? [{ parcel: found, record, reason }] : []
}

function allOf(parcels: readonly Parcel[], reason: string): Dead[] {
  const places: RecordPlace[] = parcels.flatMap(({ count }, parcel) =>
    Array.from({ length: count }, (_, record) => ({ parcel, record })),
  )
  return places.flatMap(place => deadOf(parcels, { ...place, reason }))
}
