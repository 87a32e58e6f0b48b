import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../../core/context.ts'
import { startOfRun } from '../../core/run-id.ts'
import { readRun, recordedRuns, runIds, runsOf } from '../../fleet/index.ts'
import { ChangeLog, changeDirectory, standingOf } from '../../plan/index.ts'
import { lockHolder } from '../../run/lock.ts'

/** What to keep of recorded runs; with both limits a run goes when either lets it. */
export interface Retention {
  /** Milliseconds; 30 days where no limit is given. */
  readonly olderThan?: number | undefined
  /** So many of the newest stay. */
  readonly keep?: number | undefined
}

/** Why an old run stays: it goes on, its change is not over or can not be read, or it is the one that `@failed` means. */
export type WhyKept = 'running' | 'unfinished' | 'stuck' | 'unreadable' | 'newest'

export interface OldRun {
  readonly runId: string
  /** Absent for one that may go. */
  readonly kept?: WhyKept
}

const dayMs = 24 * 60 * 60_000

/** Runs beyond the limits, oldest first. */
export async function oldRuns(context: Context, { olderThan, keep }: Retention): Promise<OldRun[]> {
  const { state } = context.paths
  const ids = await runIds(state)
  const maxAgeMs = olderThan ?? (keep === undefined ? 30 * dayMs : Number.POSITIVE_INFINITY)
  const surplus = keep === undefined ? 0 : ids.length - keep
  const newest = await newestRecorded(state)
  const old: OldRun[] = []
  for (const [index, runId] of ids.entries()) {
    if (index >= surplus && ageOf(context, runId) <= maxAgeMs) continue
    const kept = runId === newest ? 'newest' : ((await whyRunStays(context, runId)) ?? (await whyChangeStays(state, runId)))
    old.push({ runId, ...(kept && { kept }) })
  }
  return old
}

/** Undefined for a run that was no change, and for a change that is over. */
export async function whyChangeStays(stateDirectory: string, runId: string): Promise<WhyKept | undefined> {
  try {
    const standing = standingOf(await ChangeLog.read(stateDirectory, runId))
    return standing === 'stuck' || standing === 'unfinished' ? standing : undefined
  } catch {
    return 'unreadable'
  }
}

async function whyRunStays(context: Context, runId: string): Promise<WhyKept | undefined> {
  const { state } = context.paths
  const locks = [join(runsOf(state), runId, 'lock'), join(changeDirectory(state, runId), 'lock')]
  for (const lock of locks) if (existsSync(lock) && (await lockHolder(lock))) return 'running'
  // It may still wait for a password before it begins.
  const isYoung = ageOf(context, runId) < dayMs
  return isYoung && (await readRun(state, runId).catch(() => true)) === undefined ? 'running' : undefined
}

async function newestRecorded(stateDirectory: string): Promise<string | undefined> {
  for await (const { runId } of recordedRuns(stateDirectory, () => {})) return runId
  return undefined
}

const ageOf = ({ clock }: Context, runId: string): number => clock.now() - (startOfRun(runId) ?? Number.POSITIVE_INFINITY)
