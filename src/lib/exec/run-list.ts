import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Document } from '../core/report.ts'
import { readRun, recordedRuns } from '../fleet/index.ts'
import { foldNodeSet } from '../inventory/node-set.ts'
import { ChangeLog } from '../plan/index.ts'

/** The recorded runs, newest first, each with what came of it. */
export async function listRuns({ paths }: Context): Promise<Document> {
  const runs = await Promise.all(
    (await recordedRuns(paths.state)).map(async run => ({ ...run, change: (await changeOf(paths.state, run.runId)) ?? null })),
  )
  runs.reverse()
  const lines = runs.map(({ runId, kind, title, hosts, open, change }) => {
    const failed = open.length > 0 ? `, ${open.length} failed or without an answer` : ''
    return `${runId}  ${kind}  ${hosts.length} hosts${failed}${change ? `, ${change}` : ''}  ${title}\n`
  })
  return { mime: 'text/plain', text: lines.join('') || 'no runs are recorded\n', data: { runs } }
}

/** One run: who was asked, who failed, and what stands of a change. @throws OpsError E_USAGE */
export async function showRun({ paths }: Context, runId: string): Promise<Document> {
  const run = await readRun(paths.state, runId)
  if (!run) throw new OpsError('E_USAGE', `there is no run ${runId}`, { hint: '`opsctl runs list` shows the runs' })
  const state = await ChangeLog.read(paths.state, runId)
  const standing = state.touchedHosts.flatMap(host => state.standing(host).map(({ step, outcome }) => ({ host, step, outcome })))
  const change = await changeOf(paths.state, runId)
  const text = [
    `${run.kind}: ${run.title}`,
    `hosts: ${foldNodeSet(run.hosts)}`,
    run.open.length > 0 && `failed or without an answer: ${foldNodeSet(run.open)}`,
    change && `change: ${change}`,
    ...(change === 'kept' ? [] : standing.map(({ host, step, outcome }) => `  ${host}: ${step} ${outcome}`)),
    '',
  ]
  return {
    mime: 'text/plain',
    text: text.filter(line => line !== false && line !== undefined).join('\n'),
    data: { ...run, change: change ?? null, standing },
  }
}

/** kept, undone, stuck or unfinished; undefined for a run that was no change. */
async function changeOf(state: string, runId: string): Promise<string | undefined> {
  const change = await ChangeLog.read(state, runId)
  return change.header && (change.end ?? 'unfinished')
}
