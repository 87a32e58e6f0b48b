import type { Context } from '../core/context.ts'
import type { Report } from '../core/report.ts'
import { runOnFleet } from '../fleet/index.ts'
import type { SyncOptions } from './options.ts'
import { preparedData, withSync } from './prepared-sync.ts'

/**
 * Judges the configuration: what is filled in, its format, schema and policies here; then each host what it would get, with its own
 * programs on a copy. Changes nothing. @throws OpsError E_PLAN for what is wrong before a host is asked
 */
export async function validateSync(context: Context, options: SyncOptions): Promise<Report> {
  return await withSync(context, options, async (prepared, fleet) => {
    const { sync, built } = prepared
    const { clock } = context
    const { sudo } = fleet
    const report = await runOnFleet(context, {
      ...{ kind: 'sync-validate', title: sync.name, fleet, dryRun: true },
      concurrency: options.concurrency,
      maxFailures: Number.POSITIVE_INFINITY,
      async visit(visit) {
        const transport = await visit.connect()
        const place = { transport, clock, signal: visit.signal, ...(sudo && { sudo }) }
        for (const check of built.precheck) {
          visit.phase(check.title)
          const { verdict, message } = await check.run(place)
          if (verdict !== 'pass' && verdict !== 'warn') return { verdict, message: `${check.title}: ${message}` }
        }
        return { verdict: 'pass', message: 'valid' }
      },
    })
    return { ...report, data: preparedData(prepared) }
  })
}
