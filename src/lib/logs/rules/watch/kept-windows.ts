import { readFileSync } from 'node:fs'
import { errnoOf } from '../../../core/errno.ts'
import type { KeptCell } from '../measure/window.ts'
import type { GroupFields } from '../words.ts'
import { writePrivate } from './rule-state.ts'

/** A group of a rule, with what came within its last window. */
export interface KeptGroup {
  readonly key: string
  readonly fields: GroupFields
  readonly cells: readonly KeptCell[]
  /** Whether the last records fitted, `0` and `1`, the oldest first. */
  readonly recent?: string
  readonly lastStep: number
  readonly source?: string
  /** Absent while it does not hold. */
  readonly since?: number
  readonly heldUntil?: number
  readonly heldAt?: number
}

export interface KeptRule {
  /** As its file has it: windows of another rule of the same name say nothing. */
  readonly definition: string
  /** Since when it has looked without a pause. */
  readonly startedAt: number
  readonly groups: readonly KeptGroup[]
}

/** What came of late, so that a restart does not make rules forget it. Times in milliseconds. */
export interface KeptWindows {
  readonly form: 1
  readonly at: number
  /** Name, newest time and end of what was seen of each stream. */
  readonly streams: readonly (readonly [string, number | null, number])[]
  readonly rules: Readonly<Record<string, KeptRule>>
}

export const noWindows: KeptWindows = { form: 1, at: 0, streams: [], rules: {} }

/** More is not kept: it would take longer to write than it is worth. */
const maxCells = 50_000

/** @throws Error for a file that can not be read or is not of this form */
export function readWindows(path: string): KeptWindows {
  try {
    const kept: KeptWindows = JSON.parse(readFileSync(path, 'utf8'))
    if (kept?.form !== 1 || !Array.isArray(kept.streams) || typeof kept.rules !== 'object')
      throw new Error('it is of another form')
    return kept
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return noWindows
    throw error
  }
}

export function writeWindows(path: string, kept: KeptWindows): void {
  const cells = Object.values(kept.rules).reduce(
    (sum, { groups }) => groups.reduce((each, group) => each + group.cells.length, sum),
    0,
  )
  writePrivate(path, cells > maxCells ? noWindows : kept)
}
