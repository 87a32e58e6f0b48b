import { expect, test } from 'bun:test'
import type { Parcel, Receipt, RecordPlace } from '../../../src/lib/core/sink.ts'
import { Fork } from '../../../src/lib/logs/delivery/fork.ts'
import { counted } from '../../helpers/counts.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { seeded } from '../../journal/seeded.ts'
import { type Answer, chunkOf, hastyClock, isBalanced, numbersIn, Ordeal } from './ordeal.ts'

/** Whatever the sinks answer, and however often the process is killed: nothing is lost, nothing is out of order, the ledger balances. */
const rounds = counted({ reduced: 8, full: 500 })

for (const kind of ['read again', 'not read again'] as const)
  test(
    `records that can be ${kind} outlive kills and every kind of answer`,
    async () => {
      for (let seed = 1; seed <= rounds; seed++) {
        const failure = await round(seed, kind === 'not read again')
        expect({ seed, failure }).toEqual({ seed, failure: undefined })
      }
    },
    60_000 + rounds * 2000,
  )

async function round(seed: number, isUnique: boolean): Promise<string | undefined> {
  await using directory = await tempDir()
  const random = seeded(seed)
  const last = 400 + Math.floor(random() * 1500)
  const pieceOf = 1 + Math.floor(random() * 60)
  const limits = { bytes: 100 + random() * 3000, records: 1 + Math.floor(random() * 100), underWay: 1 + Math.floor(random() * 3) }
  const got = { loki: [] as number[], disk: [] as number[] }
  let read = 0
  for (let life = 1; life <= 5; life++) {
    const isLast = life === 5
    const begin = (name: 'loki' | 'disk') =>
      Ordeal.begin({
        ...{ directory: directory.path, name, limits, maxHeldBytes: 500 + random() * 4000 },
        answer: whimsical({ random, isKind: isLast, got: got[name] }),
      })
    await using loki = await begin('loki')
    await using disk = await begin('disk')
    const ending = new AbortController()
    const fork = new Fork({ lanes: [loki.lane, disk.lane], clock: hastyClock, signal: ending.signal })
    // A source that can not be read again goes on; the others begin where they are told to.
    const lanes = [loki.lane, disk.lane]
    if (!isUnique) read = Math.min(...lanes.map(lane => lane.reached('access').at))
    const cuts = lanes.map(lane => lane.reached('access').at)
    const until = isLast ? last : Math.min(last, read + random() * last)
    while (read < until) {
      const to = Math.min(last, read + pieceOf, ...cuts.filter(cut => cut > read))
      await fork.offer(() => chunkOf(read, to, { isUnique, isLastChance: random() < 0.05 }))
      read = to
    }
    if (isLast) for (const lane of lanes) await lane.drained()
    else await new Promise(resolve => setTimeout(resolve, random() * 20))
    for (const row of loki.store.ledger()) if (!isBalanced(row)) return `not balanced in life ${life}: ${JSON.stringify(row)}`
    if (!isLast) continue
    const dead = { loki: await loki.letters(), disk: await disk.letters() }
    const buried = (name: 'loki' | 'disk'): number[] => dead[name].map(({ record }) => JSON.parse(record).n)
    for (const name of ['loki', 'disk'] as const) {
      const all = new Set([...got[name], ...buried(name)])
      for (let number = 0; number < last; number++) if (!all.has(number)) return `${name} has no ${number} of ${last}`
    }
    for (const row of loki.store.ledger())
      if (row.records !== last || row.spooled !== 0) return `counted wrong: ${JSON.stringify(row)} of ${last}`
    return undefined
  }
  return 'it never came to its last life'
}

/** Answers of every kind, some late, some never. */
function whimsical({ random, isKind, got }: { random: () => number; isKind: boolean; got: number[] }): Answer {
  return async (parcels, signal) => {
    const kind = isKind ? random() * 0.6 : random()
    if (random() < 0.3) await new Promise(resolve => setTimeout(resolve, random() * 3))
    if (kind < 0.4) {
      got.push(...numbersIn(parcels))
      return { result: 'delivered' }
    }
    if (kind < 0.45) return { result: 'too-large', message: '413' }
    if (kind < 0.6) return { result: 'later', message: '503', ...(random() < 0.5 && { afterMs: 100 }) }
    if (kind < 0.75) return partly({ parcels, random, got })
    if (kind < 0.78) return { result: 'refused', message: '400' }
    if (kind < 0.85) throw new Error('a mistake of its author')
    if (kind < 0.9) {
      // Taken, but the answer is lost.
      got.push(...numbersIn(parcels))
      return { result: 'later', message: 'reset' }
    }
    if (signal.aborted) throw signal.reason
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
}

function partly({ parcels, random, got }: { parcels: readonly Parcel[]; random: () => number; got: number[] }): Receipt {
  const pending: RecordPlace[] = []
  const refused: (RecordPlace & { reason: string })[] = []
  for (const [parcel, each] of parcels.entries()) {
    const numbers = numbersIn([each])
    for (const [record, number] of numbers.entries()) {
      const fate = random()
      if (fate < 0.3) pending.push({ parcel, record })
      else if (fate < 0.4) refused.push({ parcel, record, reason: 'no such field' })
      else got.push(number)
    }
  }
  return { result: 'later', message: 'some were busy', pending, refused }
}
