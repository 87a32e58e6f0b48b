import { rfc3339, steadyClock } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import type { Item } from '../core/item.ts'
import { type Report, ReportFold } from '../core/report.ts'
import { connectFleet } from '../fleet/index.ts'
import { applyPlan, buildPlan } from '../plan/index.ts'
import { planDrill } from './drill-plan.ts'
import { DrillWatch } from './drill-watch.ts'
import { demandNoHalt } from './lever.ts'
import { LeverWatch } from './lever-watch.ts'
import { DrillMoments } from './moments.ts'
import type { DrillRunOptions } from './options.ts'
import { loadPlaybook } from './playbook/load-playbook.ts'
import { askersOf, Probing } from './probing.ts'

/**
 * Breaks what a playbook says, looks on, heals it whatever happens, and judges.
 * @throws OpsError E_PLAN, E_HALTED, and what opening the fleet and applying a plan throw
 */
export async function runDrill(outside: Context, { playbook: path, dryRun, ...options }: DrillRunOptions): Promise<Report> {
  const context = { ...outside, clock: steadyClock(outside.clock) }
  const playbook = await loadPlaybook(context, path)
  if (!dryRun) await demandNoHalt(context)
  const { plan, hosts } = await planDrill(context, playbook, options)
  const built = await buildPlan(context, plan)
  const askers = await askersOf(context, playbook, options)
  await using connected = await connectFleet(context, hosts, options)
  await using lever = new LeverWatch(context)
  const fleet = { ...connected, signal: AbortSignal.any([connected.signal, lever.signal]) }
  const { stepTimeoutMs, undoTimeoutMs } = playbook
  const request = { built, fleet, dryRun, concurrency: options.concurrency, stepTimeoutMs, undoTimeoutMs }
  if (dryRun) return await applyPlan(context, request)
  await using probing = new Probing(context, { fleet, probes: playbook.probes, askers })
  const unready = (await probing.once()).filter(({ outcome }) => outcome !== 'ok')
  if (unready.length > 0) {
    const report = notBegun(context, { title: plan.name, unready })
    for (const item of report.items) await context.emit(item)
    return report
  }
  const moments = new DrillMoments(context.clock)
  const passed = (point: string): void => {
    moments.passed(point)
    context.passed?.(point)
  }
  const emit = async (item: Item): Promise<void> => {
    moments.told(item)
    await context.emit(item)
  }
  // Whoever asks a person waits, and somebody may have set it meanwhile.
  lever.start()
  const onlooker = new DrillWatch(context, { playbook, fleet, built, probing, moments, onBegin: () => probing.start() })
  return await applyPlan({ ...context, passed, emit }, { ...request, onlooker })
}

interface NotBegun {
  readonly title: string
  readonly unready: readonly { readonly name: string; readonly message?: string }[]
}

/** What does not work whole would not tell anything when it is broken. */
function notBegun({ clock, runId }: Context, { title, unready }: NotBegun): Report {
  const startedAt = rfc3339(clock.now())
  const common = { verdict: 'unknown', startedAt, durationMs: 0 } as const
  const items: Item[] = unready.map(({ name, message = 'no answer' }) => ({ ...common, path: `gate/${name}`, name, message }))
  const message = `not begun: ${unready[0]?.name} did not succeed before anything was broken`
  const fold = new ReportFold()
  for (const each of [...items, { ...common, path: 'verdict/drill', name: 'invalid', message }]) fold.add(each)
  const data = { verdict: 'invalid', events: [], probes: {} }
  return {
    kind: 'drill',
    version: 1,
    runId,
    title,
    startedAt,
    durationMs: 0,
    counts: fold.counts,
    items: fold.items(),
    omitted: 0,
    changed: false,
    data,
  }
}
