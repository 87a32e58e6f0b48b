import type { Context } from '../core/context.ts'
import type { Item } from '../core/item.ts'
import type { Json } from '../core/json.ts'
import { type Report, ReportFold } from '../core/report.ts'
import { openFleet, runOnFleet } from '../fleet/index.ts'
import { isMapping } from '../plan/file/node.ts'
import { stepPlace } from '../plan/index.ts'
import { faultTypes } from './fault-types.ts'
import type { DrillFleetOptions } from './options.ts'

/** Of one look at a host. */
const timeoutMs = 60_000

/** Which faults each host can have, and what it lacks for the others. Changes nothing. */
export async function doctorDrill(context: Context, options: DrillFleetOptions): Promise<Report> {
  const faults = await Promise.all(faultTypes.map(type => context.component('step', type)))
  await using fleet = await openFleet(context, options)
  const { sudo } = fleet
  const report = await runOnFleet(context, {
    kind: 'drill-doctor',
    title: 'drill doctor',
    fleet,
    concurrency: options.concurrency,
    maxFailures: Number.POSITIVE_INFINITY,
    dryRun: true,
    async visit(visit) {
      const transport = await visit.connect()
      const place = stepPlace({ transport, clock: context.clock, signal: visit.signal, timeoutMs, ...(sudo && { sudo }) })
      const data: Record<string, Json> = {}
      for (const { type, example, build } of faults) {
        visit.phase(type)
        const fault = build(example)
        const missing = [...((await fault.needs?.(place)) ?? [])]
        const weakness = missing.length > 0 ? undefined : await fault.weakness?.(place)
        data[type] = { missing, ...(weakness !== undefined && { weakness }) }
      }
      return { outcome: 'ok', data: { faults: data } }
    },
  })
  const fold = new ReportFold()
  for (const item of report.items) for (const each of perFault(item)) fold.add(each)
  return { ...report, counts: fold.counts, items: fold.items(), omitted: fold.omitted }
}

/** A host that did not answer stays one item. */
function perFault({ host = '', data, outcome, ...item }: Item): Item[] {
  const faults = data?.['faults']
  if (!isMapping(faults)) return [{ ...item, host, ...(outcome && { outcome }) }]
  return Object.entries(faults).map(([type, found]): Item => {
    const common = { ...item, path: `${host}/${type}`, host, name: type }
    const { missing, weakness } = isMapping(found) ? found : {}
    if (Array.isArray(missing) && missing.length > 0) return { ...common, verdict: 'na', message: missing.join('; ') }
    return typeof weakness === 'string' ? { ...common, verdict: 'warn', message: weakness } : { ...common, verdict: 'pass' }
  })
}
