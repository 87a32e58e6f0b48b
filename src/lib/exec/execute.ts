import type { Context } from '../core/context.ts'
import type { Report } from '../core/report.ts'
import { collate, type FleetWork, runOnFleet } from '../fleet/work.ts'
import { unfinishedRuns } from '../plan/unfinished-runs.ts'
import type { ExecRequest } from './request.ts'
import { runOnHost } from './run-on-host.ts'

export interface Execution extends Pick<FleetWork, 'fleet' | 'concurrency' | 'maxFailures'> {
  readonly request: ExecRequest
}

/** Runs one command on all hosts of a fleet at once. */
export async function execute(context: Context, { request, ...work }: Execution): Promise<Report> {
  // The engine of changes is loaded only where one has been left half-way.
  if (unfinishedRuns(context.paths.state).length > 0) await (await import('../plan/index.ts')).tellUnfinished(context)
  const { hosts, sudo } = work.fleet
  const names = hosts.map(host => host.name)
  if (request.outputDir !== undefined) await (await import('./output-directory.ts')).removeEarlierOutput(request.outputDir, names)
  const nameWidth = Math.min(24, Math.max(0, ...names.map(name => name.length)))
  const shared = { context, request, nameWidth, ...(sudo && { sudo }) }
  const report = await runOnFleet(context, {
    kind: 'exec',
    title: request.title,
    ...work,
    visit: visit => runOnHost({ ...shared, visit }),
  })
  if (request.view !== 'collate') return report
  return { ...report, blocks: await collate(report.items, { outputs: context.outputs, diff: request.diff }) }
}
