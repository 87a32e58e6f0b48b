import { formatSize } from '../core/size.ts'
import type { HostResult } from '../fleet/index.ts'
import { type Entry, tally } from './entry.ts'

/** What a copy did, or would do, on one host. */
export interface Outcome {
  readonly result: HostResult
  /** A line for each entry that a dry run would copy. */
  readonly plan: readonly string[]
}

/** Nothing is to be copied. */
export const sameAlready: Outcome = {
  result: { outcome: 'ok', message: 'the same already', metrics: { files: 0, bytes: 0 } },
  plan: [],
}

/** `3 files, 12 KiB`. */
export function amountOf(entries: readonly Entry[]): string {
  const { files, bytes } = tally(entries)
  return `${files} ${files === 1 ? 'file' : 'files'}, ${formatSize(bytes)}`
}

export function copied(entries: readonly Entry[]): Outcome {
  return { result: { outcome: 'changed', message: amountOf(entries), metrics: tally(entries) }, plan: [] }
}

export function wouldCopy(entries: readonly Entry[], plan: readonly string[]): Outcome {
  return { result: { outcome: 'skipped', message: `would copy ${amountOf(entries)}`, metrics: tally(entries) }, plan }
}
