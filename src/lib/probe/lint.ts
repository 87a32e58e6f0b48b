import type { Context } from '../core/context.ts'
import { formatDuration } from '../core/duration.ts'
import type { Json } from '../core/json.ts'
import type { Document } from '../core/report.ts'
import { columnTable } from '../surface/column-table.ts'
import type { AskedCheck } from './file/asked-check.ts'
import { loadProbeFile } from './file/load-probe-file.ts'

/** Reads files of checks as a run would, contacts nothing, and lists what they ask for. @throws OpsError E_PLAN */
export async function probeLint(context: Context, { file }: { readonly file: readonly string[] }): Promise<Document> {
  const checks = (await Promise.all(file.map(path => loadProbeFile(context, path)))).flat()
  return {
    mime: 'text/plain',
    text: `${tableOf(checks)}\n${checks.length === 1 ? '1 check is' : `${checks.length} checks are`} well-formed\n`,
    data: checks.map(told),
  }
}

function tableOf(checks: readonly AskedCheck[]): string {
  const rows = checks.flatMap(({ name, from, isEndpoint, sla, sampling }) =>
    sampling.map(({ dimension, intervalMs, timeoutMs, retries, failures, of }, index) => [
      index === 0 ? name : '',
      index === 0 ? (isEndpoint ? from : 'host') : '',
      index === 0 ? sla : '',
      dimension,
      formatDuration(intervalMs),
      formatDuration(timeoutMs),
      of > 1 ? `${failures} of ${of}` : String(retries),
    ]),
  )
  return columnTable(['CHECK', 'FROM', 'SLA', 'DIMENSION', 'EVERY', 'TIMEOUT', 'RETRIES'], rows)
}

const told = ({ name, type, from, targets, labels, sla, dependsOn, sampling, place }: AskedCheck): Json => ({
  name,
  type,
  from,
  ...(targets && { targets }),
  labels,
  sla,
  dependsOn,
  sampling: sampling.map(each => ({ ...each })),
  ...(place && { place }),
})
