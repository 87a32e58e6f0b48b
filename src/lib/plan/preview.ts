import type { Context } from '../core/context.ts'
import type { Json } from '../core/json.ts'
import type { StepSpec } from '../core/plan.ts'
import type { Block, Report } from '../core/report.ts'
import { collate, type FleetWork, type HostResult, type HostVisit, runOnFleet } from '../fleet/index.ts'
import { foldNodeSet } from '../inventory/node-set.ts'
import type { BuiltPlan } from './built-plan.ts'
import { demandChecks } from './demand-checks.ts'
import { demandNeeds } from './demand-needs.ts'
import { OwedHandlers } from './owed-handlers.ts'
import { stepPlace } from './step-place.ts'
import { wavesOf } from './waves.ts'

export interface Previewing extends Pick<FleetWork, 'fleet' | 'concurrency' | 'maxFailures'> {
  readonly built: BuiltPlan
  readonly stepTimeoutMs: number
  /** The report's exit code tells whether changes are pending. */
  readonly detailedExitCode?: boolean
  /** Judges the prechecks first, as the change itself would: a host that is not fit has failed. */
  readonly judges?: boolean
  /** For machines: what a step would change on a host, from its pre-image. Becomes `changes` in the data of the host's item, by the id of the step. */
  tell?(step: StepSpec, host: string, before: Json): Json
}

/** What a plan would change on each host, as diffs against what is there now; hosts with the same diff stand together. Changes nothing. */
export async function previewPlan(
  context: Context,
  { built, stepTimeoutMs, detailedExitCode, judges, tell, ...work }: Previewing,
): Promise<Report> {
  const { hosts } = work.fleet
  const owed = await OwedHandlers.find(context, { plan: built.plan, hosts, changeId: context.runId })
  const visit = async (host: HostVisit): Promise<HostResult> => {
    const changes: Record<string, Json> = {}
    const diff = await diffOn(host, changes)
    const writer = context.outputs.open(`${host.host.name}/plan`)
    await writer.write(Buffer.from(diff || 'nothing to change\n'))
    return {
      outcome: 'skipped',
      message: diff === '' ? 'nothing to change' : 'would be changed',
      data: { pending: diff !== '', ...(tell && { changes }) },
      output: { stdout: await writer.close() },
    }
  }
  const diffOn = async (host: HostVisit, changes: Record<string, Json>): Promise<string> => {
    const { sudo } = work.fleet
    const { clock } = context
    const place = stepPlace({
      transport: await host.connect(),
      clock,
      signal: host.signal,
      timeoutMs: stepTimeoutMs,
      ...(sudo && { sudo }),
    })
    if (judges) await demandChecks(built.precheck, place)
    const parts: string[] = []
    for (const { spec, on } of built.steps) {
      const kind = on(host.host.name)
      if (!kind) continue
      host.phase(kind.describe())
      await demandNeeds(place, kind)
      const before = await kind.capture(place)
      if (!kind.needed(before)) continue
      parts.push(`# ${spec.id}: ${kind.describe()}\n${ended(kind.diff(before))}`)
      if (tell) changes[spec.id] = tell(spec, host.host.name, before)
    }
    for (const { spec, on } of built.handlers) {
      const reason = owed.reason(host.host.name, spec.id)
      const kind = on(host.host.name)
      if (reason !== undefined && kind) parts.push(`# ${spec.id}: ${kind.describe()}\n${reason}\n`)
    }
    return parts.join('')
  }
  const report = await runOnFleet(context, { kind: 'preview', title: built.plan.name, ...work, dryRun: true, visit })
  const waves = wavesOf(work.fleet.hosts, built.plan.waves).map(hosts => hosts.map(({ name }) => name))
  const diffs = await collate(report.items, { outputs: context.outputs, diff: false })
  const blocks = waves.length > 1 ? [await wavesBlock(context, waves), ...diffs] : diffs
  const isPending = report.items.some(({ data }) => data?.['pending'] === true)
  return { ...report, blocks, data: { ...report.data, waves }, ...(detailedExitCode && isPending && { pending: true }) }
}

/** Who would go when. */
async function wavesBlock({ outputs }: Context, waves: readonly (readonly string[])[]): Promise<Block> {
  const writer = outputs.open('waves')
  const lines = waves.map(
    (hosts, index) => `${index + 1}: ${foldNodeSet(hosts)}${hosts.length > 1 ? ` (${hosts.length})` : ''}\n`,
  )
  await writer.write(Buffer.from(lines.join('')))
  return { title: 'waves', hosts: [], outcome: 'ok', body: [await writer.close()] }
}

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)
