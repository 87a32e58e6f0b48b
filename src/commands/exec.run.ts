import type { Context } from '../lib/core/context.ts'
import type { Result } from '../lib/core/report.ts'
import {
  applyChange,
  changeFileOf,
  checkDryRun,
  checkResume,
  type ExecOptions,
  execRequest,
  execute,
  resumeChange,
} from '../lib/exec/work.ts'
import { maxFailures, openFleet } from '../lib/fleet/work.ts'

/** `run` of exec.ts. */
export default async (context: Context, input: ExecOptions): Promise<Result> => {
  checkDryRun(input)
  if (input.resume !== undefined) {
    checkResume(input)
    return await resumeChange(context, input.resume, input)
  }
  const change = changeFileOf(context, input)
  if (change !== undefined) return await applyChange(context, change, input)
  const request = await execRequest(context, input)
  await using fleet = await openFleet(context, input)
  // Awaited here: otherwise the connections would be closed while the run goes on.
  return await execute(context, {
    fleet,
    request,
    concurrency: input.concurrency,
    maxFailures: maxFailures(input.maxFail, fleet.hosts.length),
  })
}
