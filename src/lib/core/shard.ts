import { OpsError } from './errors.ts'
import type { Report } from './report.ts'
import { sha256 } from './sha256.ts'

/** One of `count` shares of whatever has names, counted from one. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/** More shares than this are a slip of the pen. */
const maxCount = 10_000

/** `3/10`. @throws OpsError E_USAGE naming the nearest valid one */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d{1,9})\/(\d{1,9})$/.exec(text)?.map(Number) ?? []
  if (index === undefined || count === undefined) throw noShard(text, hintOf(text))
  if (count < 1) throw noShard(text, 'there is at least one: did you mean 1/1, which is everything?')
  if (count > maxCount) throw noShard(text, `there are at most ${maxCount}`)
  if (index < 1) throw noShard(text, `they are counted from one: did you mean 1/${count}?`)
  if (index > count) throw noShard(text, `the last one is ${count}/${count}: did you mean that?`)
  return { index, count }
}

const noShard = (text: string, hint: string): OpsError => new OpsError('E_USAGE', `'${text}' is not a share`, { hint })

/** Two numbers with something else between them are meant as they come. */
function hintOf(text: string): string {
  const [, index, count] = /^\D*(\d{1,9})\D+(\d{1,9})\D*$/.exec(text)?.map(Number) ?? []
  const isMeant = index !== undefined && count !== undefined && index >= 1 && index <= count && count <= maxCount
  return isMeant ? `did you mean ${index}/${count}?` : 'write I/N with I from 1 to N, as in 2/4'
}

/** `3/10`. */
export const shardText = ({ index, count }: Shard): string => `${index}/${count}`

/**
 * Of `count` shares the one that a name is in: the first 48 bits of the SHA-256 of its UTF-8, big-endian, modulo `count`, plus one.
 * It depends on nothing but the name and the count, so that another name moves nothing and every machine and version agrees. A share of n
 * names deviates from n/count by about the square root of that, as the dice fall.
 */
export const shardOf = (name: string, count: number): number => (sha256().update(name).digest().readUIntBE(0, 6) % count) + 1

export const isInShard = (name: string, { index, count }: Shard): boolean => shardOf(name, count) === index

/** The report of a run that was one share only: its title and its data say so. */
export function ofShard(report: Report, shard: Shard | undefined): Report {
  if (shard === undefined) return report
  const { index, count } = shard
  return { ...report, title: `${report.title}${titleEnd(shard)}`, data: { ...report.data, shard: { index, count } } }
}

/** What `ofShard` adds to a title. */
export const titleEnd = (shard: Shard): string => ` (shard ${shardText(shard)})`
