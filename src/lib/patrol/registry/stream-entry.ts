import { z } from 'zod'

/** An entry of a stream of Redis. */
export interface StreamEntry {
  readonly id: string
  /** Null of one that was read and not acknowledged, and has been taken out of the stream since. */
  readonly fields: Readonly<Record<string, string>> | null
}

const Answer = z.tuple([z.tuple([z.string(), z.array(z.tuple([z.string(), z.array(z.string()).nullable()]))])]).nullable()

/** What XREADGROUP answers of one stream, in RESP 2. Not by the library, which throws at entries that were taken out. */
export function entriesOf(answer: unknown): StreamEntry[] {
  const [ofStream] = Answer.parse(answer) ?? []
  return (ofStream?.[1] ?? []).map(([id, words]) => {
    const pairs = words?.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? '']] : []))
    return { id, fields: pairs ? Object.fromEntries(pairs) : null }
  })
}

/** Ids are `milliseconds-number`, each larger than those before it. */
export function isAfter(one: string, other: string): boolean {
  const [[ms, count], [otherMs, otherCount]] = [idOf(one), idOf(other)]
  return ms > otherMs || (ms === otherMs && count > otherCount)
}

function idOf(id: string): readonly [bigint, bigint] {
  const [ms = '0', count = '0'] = id.split('-')
  return [BigInt(ms), BigInt(count)]
}
