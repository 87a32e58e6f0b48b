import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Where the marks of changes are that have begun and not ended; see UnfinishedMark. */
export const unfinishedRunsOf = (stateDirectory: string): string => join(stateDirectory, 'unfinished')

/** Ids of the runs with a mark, oldest first. */
export const unfinishedRuns = (stateDirectory: string): string[] =>
  namesIn(unfinishedRunsOf(stateDirectory))
    .filter(name => !name.startsWith('.'))
    .sort()

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
