import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { Document } from '../../core/report.ts'
import { foldNodeSet } from '../../inventory/node-set.ts'
import { ChangeLog, confirm, hostsStanding, isHalfWay, standingOf } from '../../plan/index.ts'

/**
 * Takes a human's word that what stands half-way of a change was put right by hand: nobody is told of it any more. Nothing is contacted.
 * @throws OpsError E_USAGE for a run that leaves nothing to settle, E_CONFIRM, E_LOCKED while somebody works on it
 */
export async function settleRun(context: Context, runId: string): Promise<Document> {
  const known = await ChangeLog.read(context.paths.state, runId)
  const standing = standingOf(known)
  if (!known.header) throw new OpsError('E_USAGE', `there is no change ${runId}`, { hint: '`opsctl runs list` shows the runs' })
  if (!isHalfWay(standing)) {
    throw new OpsError('E_USAGE', `the change ${runId} is ${standing}: there is nothing to settle`)
  }
  const hosts = hostsStanding(known)
  const on = foldNodeSet(hosts)
  await confirm(context, `${known.header.plan.name}: was what stands half-way on ${on} put right by hand?`)
  await using log = await ChangeLog.open(context, runId)
  await log.commit({ is: 'end', outcome: 'settled' })
  const text = `${runId} is settled: what stood half-way on ${on} counts as put right by hand\n`
  return { mime: 'text/plain', text, data: { runId, change: 'settled', hosts } }
}
