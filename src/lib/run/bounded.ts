import pLimit from 'p-limit'

/** Runs a task once fewer than the bound are under way. Order of start is order of call. */
export type Bounded = <T>(task: () => Promise<T>) => Promise<T>

/** A plain, unweighted bound for work that needs no cancelling while it waits: hashing files, uploads. */
export function bounded(concurrency: number): Bounded {
  const limit = pLimit(concurrency)
  return task => limit(task)
}
