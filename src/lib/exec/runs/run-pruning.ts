import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { Document } from '../../core/report.ts'
import { formatSize } from '../../core/size.ts'
import { bytesBelow, RunTrash, readRun, runsOf } from '../../fleet/index.ts'
import { changeDirectory, confirm } from '../../plan/index.ts'
import { oneLine } from '../../render/visible-text.ts'
import { acquireLock } from '../../run/lock.ts'
import { type OldRun, oldRuns, type Retention, whyChangeStays } from './run-retention.ts'

interface Pruning extends Retention {
  readonly dryRun: boolean
}

/** Removes old runs, or shows which. @throws OpsError E_CONFIRM, E_STATE */
export async function pruneRuns(context: Context, { dryRun, ...retention }: Pruning): Promise<Document> {
  const old = await Promise.all((await oldRuns(context, retention)).map(run => sized(context, run)))
  const going = old.filter(({ kept }) => kept === undefined)
  if (dryRun) return answer({ dryRun, old, listed: await listed(context, going) })
  if (going.length > 0) await confirm(context, `${summary('remove', going)} from ${runsOf(context.paths.state)}?`)
  const trash = new RunTrash(context.paths.state)
  const done: SizedRun[] = []
  try {
    for (const run of old) {
      context.signal.throwIfAborted()
      done.push(run.kept ? run : await remove(context, { run, trash }))
    }
  } finally {
    await trash.empty()
  }
  return answer({ dryRun, old: done })
}

interface SizedRun extends OldRun {
  readonly bytes: number
}

async function sized({ paths }: Context, run: OldRun): Promise<SizedRun> {
  return { ...run, bytes: run.kept ? 0 : await bytesBelow(join(runsOf(paths.state), run.runId)) }
}

/** A change is held meanwhile: somebody may be about to undo it. */
async function remove(context: Context, { run, trash }: { run: SizedRun; trash: RunTrash }): Promise<SizedRun> {
  const { paths, clock } = context
  const change = changeDirectory(paths.state, run.runId)
  if (!existsSync(change)) {
    await trash.take(run.runId)
    return run
  }
  try {
    await using _lock = await acquireLock(join(change, 'lock'), { runId: context.runId, command: 'runs prune', clock })
    const kept = await whyChangeStays(paths.state, run.runId)
    if (kept) return { ...run, kept }
    await trash.take(run.runId)
    return run
  } catch (error) {
    if (error instanceof OpsError && error.code === 'E_LOCKED') return { ...run, kept: 'running' }
    throw error
  }
}

async function listed({ paths }: Context, runs: readonly SizedRun[]): Promise<string> {
  const lines: string[] = []
  for (const { runId, bytes } of runs) {
    const run = await readRun(paths.state, runId).catch(() => undefined)
    lines.push(`  ${runId}  ${formatSize(bytes)}${run ? `  ${run.kind}  ${oneLine(run.title)}` : ''}\n`)
  }
  return lines.join('')
}

interface Pruned {
  readonly dryRun: boolean
  readonly old: readonly SizedRun[]
  readonly listed?: string
}

function answer({ dryRun, old, listed = '' }: Pruned): Document {
  const going = old.filter(({ kept }) => kept === undefined)
  const stays = old.flatMap(({ runId, kept }) => (kept ? [{ runId, why: kept }] : []))
  const head = going.length === 0 ? 'nothing to remove' : summary(dryRun ? 'would remove' : 'removed', going)
  const told = stays.filter(({ why }) => why !== 'newest').map(({ runId, why }) => `kept: ${runId}, ${why}\n`)
  return {
    mime: 'text/plain',
    text: `${head}\n${listed}${told.join('')}`,
    data: {
      dryRun,
      removed: going.map(({ runId, bytes }) => ({ runId, bytes })),
      bytes: bytesOf(going),
      kept: stays,
    },
  }
}

const summary = (does: string, runs: readonly SizedRun[]): string =>
  `${does} ${runs.length === 1 ? '1 run' : `${runs.length} runs`}, ${formatSize(bytesOf(runs))}`

const bytesOf = (runs: readonly SizedRun[]): number => runs.reduce((sum, { bytes }) => sum + bytes, 0)
