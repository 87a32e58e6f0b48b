import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Report } from '../core/report.ts'
import { collate, type FleetWork, type HostResult, type HostVisit, runOnFleet } from '../fleet/index.ts'
import { tellUnfinished } from '../plan/index.ts'
import { copyFromHost } from './from-host.ts'
import type { Outcome } from './outcome.ts'
import type { CopyRequest } from './request.ts'
import { copyToHost } from './to-host.ts'

export interface Copying extends Pick<FleetWork, 'fleet' | 'concurrency' | 'maxFailures'> {
  readonly request: CopyRequest
}

/**
 * Copies files to or from all hosts of a fleet at once.
 * @throws OpsError E_USAGE for --flat with several hosts
 */
export async function copy(context: Context, { request, ...work }: Copying): Promise<Report> {
  const { sudo, hosts } = work.fleet
  if (request.flat && hosts.length > 1) {
    throw new OpsError('E_USAGE', `--flat would mix the files of ${hosts.length} hosts`, {
      hint: 'without it each host has its directory',
    })
  }
  if (request.direction === 'to-hosts') await tellUnfinished(context)
  const visit = async (host: HostVisit): Promise<HostResult> => {
    const { result, plan } = await copyOnHost(host)
    return request.dryRun ? { ...result, ...(await planOf(host, plan)) } : result
  }
  const copyOnHost = (host: HostVisit): Promise<Outcome> =>
    request.direction === 'to-hosts'
      ? copyToHost(host, { ...request.delivery, ...(sudo && { sudo }) }, context.clock)
      : copyFromHost(host, { ...request.collection(host.host), ...(sudo && { sudo }) })
  const planOf = async ({ host }: HostVisit, plan: readonly string[]): Promise<Pick<HostResult, 'output'>> => {
    if (plan.length === 0) return {}
    const writer = context.outputs.open(`${host.name}/plan`)
    await writer.write(Buffer.from(plan.map(line => `${line}\n`).join('')))
    return { output: { stdout: await writer.close() } }
  }
  const report = await runOnFleet(context, { kind: 'cp', title: request.title, ...work, dryRun: request.dryRun, visit })
  return request.dryRun ? { ...report, blocks: await collate(report.items, { outputs: context.outputs, diff: false }) } : report
}
