import type { Context } from '../../core/context.ts'
import { formatDuration } from '../../core/duration.ts'
import { OpsError } from '../../core/errors.ts'
import type { Item, Outcome } from '../../core/item.ts'
import { type Document, type Report, ReportFold } from '../../core/report.ts'
import { leftNoRecord, type RecordedRun, readRun } from '../../fleet/index.ts'
import { foldNodeSet } from '../../inventory/node-set.ts'
import { ChangeLog, type ChangeState } from '../../plan/index.ts'
import { oneLine } from '../../render/visible-text.ts'
import { runOutcome } from './run-outcome.ts'

/** One run: who was asked, who failed, and what stands of a change. @throws OpsError E_USAGE, E_STATE */
export async function showRun({ paths }: Pick<Context, 'paths'>, runId: string): Promise<Document> {
  const run = await readRun(paths.state, runId)
  if (!run) {
    const message = (await leftNoRecord(paths.state, runId)) ? `the run ${runId} left no record` : `there is no run ${runId}`
    throw new OpsError('E_USAGE', message, { hint: '`opsctl runs list` shows the runs' })
  }
  const { outcome, change } = await runOutcome(paths.state, run)
  const steps = stepsOf(await ChangeLog.read(paths.state, runId))
  const { kind, title, hosts, open, startedAt, durationMs } = run
  const lines = [
    `${kind}: ${oneLine(title)}`,
    `began: ${startedAt}${durationMs === undefined ? '' : `, took ${formatDuration(durationMs)}`}`,
    `hosts: ${foldNodeSet(hosts)}`,
    ...(open.length > 0 ? [`failed or without an answer: ${foldNodeSet(open)}`] : []),
    `${change === null ? 'outcome' : 'change'}: ${outcome}`,
    ...linesOf(steps),
  ]
  return {
    mime: 'text/plain',
    text: `${lines.join('\n')}\n`,
    data: { ...run, durationMs: durationMs ?? null, outcome, change, steps: steps.map(step => ({ ...step })) },
    report: reportOf(run, steps),
  }
}

/** What came of one step on one host. */
interface StepStanding {
  readonly host: string
  readonly step: string
  /** `begun`: nobody knows how it ended. `ok`: the host was already as it should be. */
  readonly standing: 'not begun' | 'begun' | 'ok' | 'changed' | 'failed' | 'undone' | 'stuck'
  readonly message?: string
}

/** By host, each in the order of the plan; none for a run that was no change. */
function stepsOf(state: ChangeState): StepStanding[] {
  const { plan, hosts } = state.header ?? { plan: { steps: [] }, hosts: [] }
  return hosts.flatMap(({ name }) => {
    const touched = state.touched(name)
    return plan.steps.map(({ id }): StepStanding => {
      const found = touched.findLast(({ step }) => step === id)
      if (!found || found.outcome === 'noted')
        return { host: name, step: id, standing: state.isDone(name, id) ? 'ok' : 'not begun' }
      const { outcome, message } = found
      return { host: name, step: id, standing: outcome, ...(message !== undefined && { message }) }
    })
  })
}

/** A line for each step, hosts of which the same is to be told together. */
function linesOf(steps: readonly StepStanding[]): string[] {
  const texts = new Map<string, string[]>()
  for (const { host, step, standing, message } of steps) {
    const told = texts.get(host) ?? []
    told.push(`    ${step}: ${standing}${message === undefined ? '' : ` (${oneLine(message)})`}`)
    texts.set(host, told)
  }
  const groups = Map.groupBy(texts, ([, told]) => told.join('\n'))
  return [...groups].map(([told, hosts]) => `  ${foldNodeSet(hosts.map(([host]) => host))}\n${told}`)
}

function reportOf(run: RecordedRun, steps: readonly StepStanding[]): Report {
  const { runId, kind, title, hosts, open, startedAt, durationMs = 0 } = run
  const common = { startedAt, durationMs: 0 }
  const ofHosts = hosts.map((host): Item => {
    const failed = open.includes(host)
    return { path: host, host, name: kind, ...common, ...(failed ? noAnswer : { outcome: 'ok' }) }
  })
  const ofSteps = steps.map(({ host, step, standing, message }): Item => {
    const known = isOutcome(standing)
    const outcome = known ? standing : standing === 'begun' ? 'failed' : 'skipped'
    const told = message ?? (known ? undefined : standing === 'begun' ? 'begun, and nobody knows how it ended' : standing)
    return { path: `${host}/${step}`, host, name: step, outcome, ...common, ...(told !== undefined && { message: told }) }
  })
  const fold = new ReportFold()
  for (const item of ofSteps.length > 0 ? ofSteps : ofHosts) fold.add(item)
  return {
    kind,
    version: 1,
    runId,
    title,
    startedAt,
    durationMs,
    counts: fold.counts,
    items: fold.items(),
    omitted: fold.omitted,
    changed: steps.some(({ standing }) => standing === 'changed' || standing === 'stuck'),
  }
}

const noAnswer = { outcome: 'failed', message: 'failed or without an answer' } as const

const isOutcome = (standing: StepStanding['standing']): standing is Outcome & StepStanding['standing'] =>
  standing !== 'begun' && standing !== 'not begun'
