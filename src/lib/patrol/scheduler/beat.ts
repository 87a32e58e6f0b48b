/** A grid of moments: one, and how far they are apart. */
export interface Grid {
  readonly beatAt: number
  readonly everyMs: number
}

/** The first moment of a grid that is not before another. */
export const beatFrom = (from: number, { beatAt, everyMs }: Grid): number =>
  beatAt + Math.ceil((from - beatAt) / everyMs) * everyMs

/** The next after a run: those that it overran are skipped, and so is one that follows its late start by less than half of the time. */
export const beatAfter = ({ startedAt, endedAt }: { startedAt: number; endedAt: number }, grid: Grid): number =>
  beatFrom(Math.max(startedAt + grid.everyMs / 2, endedAt), grid)

/**
 * The phase of a job in its interval, from 0 to below it: by its name alone, so that it is the same after a restart, and many jobs are spread
 * evenly. FNV-1a over the UTF-16 units, mixed to the end as MurmurHash3 does, because close names give close sums.
 */
export function spread(id: string, intervalMs: number): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * intervalMs
}
