import type { Context } from '../../core/context.ts'
import { sha256 } from '../../core/sha256.ts'
import { type OpenSink, type Parcel, recordName, type SinkLimits } from '../../core/sink.ts'
import type { DeadLetters, StoredLetter } from '../delivery/dead-letters.ts'
import { type Shipped, ship } from '../delivery/shipment.ts'
import type { Store } from '../store/store.ts'
import { recordLine } from './letter-book.ts'

export interface ReplayPlace {
  readonly context: Context
  readonly name: string
  readonly sink: OpenSink
  readonly limits: SinkLimits
  readonly letters: DeadLetters
  readonly store: Store
  /** Nothing is tried any longer. */
  readonly signal: AbortSignal
}

/** What became of the letters that were offered to one sink. */
export interface Replayed {
  readonly delivered: number
  readonly refused: number
  /** Those that can not be sent: they were too long to be kept whole. */
  readonly cut: number
  /** Not answered in time: they stay as they were. */
  readonly left: number
  /** Why the last attempt failed. */
  readonly problem?: string
}

const attemptMs = 30_000
const pieceBytes = 1024 * 1024

/**
 * Offers letters to the sink that refused them, and removes what it took. Kill it anywhere: no letter is lost, and what was under way is
 * sent again under the same name.
 */
export async function replayToSink(place: ReplayPlace, batches: AsyncIterable<readonly StoredLetter[]>): Promise<Replayed> {
  const sum = { delivered: 0, refused: 0, cut: 0, left: 0 }
  let problem: string | undefined
  const onFailed = (message: string): void => {
    problem = message
  }
  for await (const batch of batches) {
    const whole = batch.filter(({ letter }) => letter.cutFrom === undefined)
    sum.cut += batch.length - whole.length
    for (const piece of pieces(whole, place.limits)) {
      const refused = place.signal.aborted ? undefined : await sendPiece(place, piece, onFailed)
      if (refused === undefined) sum.left += piece.length
      else {
        sum.refused += refused
        sum.delivered += piece.length - refused
        problem = undefined
      }
    }
  }
  return { ...sum, ...(problem !== undefined && { problem }) }
}

/** What is sent, and remembered, together. */
function* pieces(letters: readonly StoredLetter[], limits: SinkLimits): Iterable<readonly StoredLetter[]> {
  let piece: StoredLetter[] = []
  let bytes = 0
  for (const stored of letters) {
    const length = Buffer.byteLength(stored.letter.record) + 1
    if (piece.length > 0 && (piece.length >= limits.records || bytes + length > Math.min(pieceBytes, limits.bytes))) {
      yield piece
      piece = []
      bytes = 0
    }
    piece.push(stored)
    bytes += length
  }
  if (piece.length > 0) yield piece
}

/** How many were refused again; undefined where it had to stop before all were answered. */
async function sendPiece(
  place: ReplayPlace,
  piece: readonly StoredLetter[],
  onFailed: (message: string) => void,
): Promise<number | undefined> {
  const { context, sink, limits, signal } = place
  const { clock, random } = context
  const shipped = await ship(parcelsOf(piece), {
    ...{ sink, limits, deadlineMs: attemptMs, clock, random, stopping: signal, ending: signal },
    onFailed,
    onTaken: () => {},
    onTooLarge: () => {},
  })
  return shipped && (await settle(place, piece, shipped))
}

/** First what was refused is kept anew, then the ledger moves, then the old letters go: each step may be the last one. */
async function settle(place: ReplayPlace, piece: readonly StoredLetter[], { dead, state }: Shipped): Promise<number | undefined> {
  const { context, name, letters, store } = place
  const reasons = new Map(dead.map(({ parcel, reason }) => [recordName(parcel, 0), reason]))
  const at = context.clock.now()
  const again = piece.flatMap(stored => {
    const reason = reasons.get(stored.letter.id)
    return reason === undefined ? [] : [{ ...stored.letter, sink: name, stage: 'sink', reason, at }]
  })
  if (again.length > 0 && !(await letters.add(again))) return undefined
  const ledger = store.ledger()
  const taken = piece.filter(stored => !reasons.has(stored.letter.id))
  const advances = [...Map.groupBy(taken, ({ letter }) => letter.source)].map(([source, { length: count }]) => {
    const known = ledger.find(row => row.source === source && row.sink === name)?.dead ?? 0
    const moved = Math.min(count, known)
    // A sink that was not there when a record died has not counted it.
    return { source, counts: { dead: -moved, delivered: count, records: count - moved } }
  })
  const replayed = piece.map(({ sequence }) => sequence)
  store.commit({ sink: name, advances, replayed, ...(state !== undefined && { state }) })
  store.secure()
  await letters.mark(replayed)
  return again.length
}

/** Records have the names that they had when they were refused; the parcels are named by what is sent together besides. */
function parcelsOf(piece: readonly StoredLetter[]): Parcel[] {
  const together = sha256()
    .update(piece.map(({ letter }) => letter.id).join(' '))
    .digest('hex')
    .slice(0, 16)
  return piece.map(({ letter }) => {
    const [, of = letter.id, number = '0'] = /^(.*)\.(\d+)$/.exec(letter.id) ?? []
    return { id: `${letter.id}:${together}`, records: recordLine(letter), count: 1, part: { of, first: Number(number) } }
  })
}
