import type { Context } from '../../core/context.ts'
import { formatDuration } from '../../core/duration.ts'
import { OpsError } from '../../core/errors.ts'
import type { Document } from '../../core/report.ts'
import { type RecordedRun, readRun, recordedRuns, runIds } from '../../fleet/index.ts'
import { unfinishedChanges } from '../../plan/index.ts'
import { oneLine } from '../../render/visible-text.ts'
import { type RunOutcome, runOutcome } from './run-outcome.ts'

interface Listing {
  /** Of the newest; 0 for all. */
  readonly limit: number
  /** Only runs whose change stands half-way. */
  readonly unfinished: boolean
}

/** The recorded runs, newest first, each with when it ran and what came of it. */
export async function listRuns(context: Context, { limit, unfinished }: Listing): Promise<Document> {
  const { state } = context.paths
  const max = limit || Number.POSITIVE_INFINITY
  const runs: Listed[] = []
  // One damaged record must not hide what the others tell.
  const warn = (runId: string, { message }: OpsError): void => context.log('warn', `run ${runId} can not be read: ${message}`)
  let isCut = false
  for await (const run of unfinished ? unfinishedRuns(context) : recordedRuns(state, warn)) {
    isCut = runs.length === max
    if (isCut) break
    runs.push({ ...run, ...(await outcomeOf(state, run)) })
  }
  const omitted = isCut && !unfinished ? await olderThan(state, runs.at(-1)) : 0
  const text = runs.length > 0 ? columns(runs.map(row)) : `no ${unfinished ? 'change stands half-way' : 'runs are recorded'}\n`
  const more = omitted > 0 ? `and ${omitted} older: --limit 0 shows all\n` : ''
  const data = runs.map(({ durationMs, ...run }) => ({ ...run, durationMs: durationMs ?? null }))
  return { mime: 'text/plain', text: text + more, data: { runs: data, omitted } }
}

async function outcomeOf(state: string, run: RecordedRun): Promise<RunOutcome> {
  try {
    return await runOutcome(state, run)
  } catch (error) {
    if (error instanceof OpsError && error.code === 'E_STATE') return { outcome: 'unreadable', change: null }
    throw error
  }
}

type Listed = RecordedRun & RunOutcome

async function* unfinishedRuns(context: Context): AsyncGenerator<RecordedRun> {
  for (const { runId } of (await unfinishedChanges(context)).reverse()) {
    const run = await readRun(context.paths.state, runId)
    if (run) yield run
  }
}

async function olderThan(state: string, oldest: Listed | undefined): Promise<number> {
  if (!oldest) return 0
  return (await runIds(state)).indexOf(oldest.runId)
}

const row = ({ runId, startedAt, durationMs, kind, hosts, outcome, title }: Listed): readonly string[] => [
  runId,
  startedAt.replace(/\.\d+Z$/, 'Z'),
  durationMs === undefined ? '-' : formatDuration(durationMs),
  kind,
  hosts.length === 1 ? '1 host' : `${hosts.length} hosts`,
  outcome,
  oneLine(title),
]

/** Texts below each other, all columns but the last as wide as their widest. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map(cells => cells[index]?.length ?? 0)))
  return rows
    .map(
      cells =>
        `${cells
          .map((cell, index) => cell.padEnd(widths[index] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
