import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Report } from '../core/report.ts'
import { recordedRuns } from '../fleet/index.ts'
import { writeFileAtomic } from '../run/atomic-write.ts'

const fileOf = (state: string, runId: string): string => join(state, 'runs', runId, 'report.json')

/** Keeps a report beside the record of its run, as long as that is kept. Where that fails the run goes on without. */
export async function keepReport({ paths, log }: Context, report: Report): Promise<void> {
  try {
    await writeFileAtomic(fileOf(paths.state, report.runId), JSON.stringify(report), { mode: 0o600 })
  } catch (error) {
    log('warn', 'the report of this scan is not kept: `opsctl harden report` will show an earlier one', { error })
  }
}

/** The report of a scan, of the newest one when no run is named. @throws OpsError E_USAGE when there is none */
export async function keptReport({ paths }: Pick<Context, 'paths'>, runId?: string): Promise<Report> {
  for await (const id of runId === undefined ? scansOf(paths.state) : [runId]) {
    const text = await readFile(fileOf(paths.state, id), 'utf8').catch(() => undefined)
    if (text !== undefined) return JSON.parse(text)
  }
  if (runId === undefined) throw new OpsError('E_USAGE', 'there is no scan yet', { hint: 'run `opsctl harden scan`' })
  throw new OpsError('E_USAGE', `run ${runId} has no report of a scan`, { hint: '`opsctl runs list` shows the runs' })
}

/** Newest first. */
async function* scansOf(state: string): AsyncIterable<string> {
  for await (const { kind, runId } of recordedRuns(state)) if (kind === 'harden') yield runId
}
