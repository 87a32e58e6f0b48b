import type { Context } from '../../core/context.ts'
import { counter, type Family, gauge, one } from '../../net/exposition/family.ts'
import { metricsRoute } from '../../net/exposition/metrics-route.ts'
import { ownProcess, processFamilies } from '../../net/exposition/process-families.ts'
import { formatAddress } from '../../net/server/listen-address.ts'
import { openFlaggedServer } from '../../net/server/open-flagged-server.ts'
import type { OpenServer } from '../../net/server/open-server.ts'
import { type Route, route } from '../../net/server/router.ts'
import { jsonResponse } from '../../net/server/server-response.ts'
import type { LogServerFlags } from '../options.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { RunningPipeline } from '../running-pipeline.ts'
import type { LedgerRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import { DearLook } from './dear-look.ts'
import { ledgerFamilies } from './ledger-families.ts'
import { healthReasons, partReasons } from './log-health.ts'
import { ruleFamilies } from './rule-families.ts'
import { sinkFamilies } from './sink-families.ts'
import { sourceFamilies } from './source-families.ts'
import { sourceLags } from './source-lags.ts'

export interface ServedPipeline {
  readonly running: RunningPipeline
  readonly store: Store
  /** Files of the pipeline that were read anew. */
  readonly reloads: { readonly good: number; readonly bad: number }
  /** Milliseconds since 1970. */
  readonly startedAt: number
}

/** `/metrics` and `/health` of a pipeline that runs, where the flags say. @throws OpsError E_USAGE, E_CONFIG */
export async function openLogServer(context: Context, flags: LogServerFlags, served: ServedPipeline): Promise<OpenServer> {
  const families = familiesOf(context, served)
  const server = await openFlaggedServer(context, flags, {
    routes: [metricsRoute(families), healthRoute(context, { served, unhealthyAfterMs: flags.unhealthyAfter })],
    // Nothing can be changed here, so that a certificate can only be for reading.
    ...(flags.clientCa !== undefined && { access: { lockReading: true } }),
  })
  context.log('notice', `metrics and health at ${server.addresses.map(formatAddress).join(', ')}`)
  return server
}

/** Everybody who can connect may ask whether all is well, and those who may read also why not. */
const healthRoute = (
  { program }: Context,
  { served, unhealthyAfterMs }: { readonly served: ServedPipeline; readonly unhealthyAfterMs: number },
): Route =>
  route({
    method: 'GET',
    path: '/health',
    needs: 'nothing',
    handler: async request => {
      const { lanes, troubles, deadLetters } = served.running
      const reasons = healthReasons({ lanes, troubles, deadLetters, unhealthyAfterMs })
      const isWell = reasons.length === 0
      const mayRead = await request.demand('read').then(
        () => true,
        () => false,
      )
      const parts = partReasons({ troubles, unhealthyAfterMs })
      const status = isWell ? (parts.length === 0 ? 'ok' : 'degraded') : 'failing'
      return jsonResponse(
        { status, ...(mayRead && { version: program.version, reasons, parts }) },
        { status: isWell ? 200 : 503 },
      )
    },
  })

function familiesOf({ clock, program }: Context, { running, store, reloads, startedAt }: ServedPipeline) {
  const lagLook = new DearLook(clock, () => sourceLags({ store, pipeline: running.pipeline, clock }))
  const rulesLook = new DearLook(clock, async () => running.rulesStatus)
  return async (): Promise<Family[]> => {
    const [lags, rules] = await Promise.all([lagLook.get(), rulesLook.get()])
    const { lanes, troubles, pipeline, deadLetters } = running
    const laneOf = new Map(lanes.map(lane => [lane.name, lane]))
    return [
      gauge('opsctl_build_info', 'The version that runs.', [{ labels: `version="${program.version}"`, value: 1 }]),
      ...ledgerFamilies({
        ledger: wholeLedger(store.ledger(), pipeline),
        lags,
        waitedMs: row => laneOf.get(row.sink)?.waitedMs(row) ?? 0,
      }),
      ...sourceFamilies({ sources: pipeline.sources.map(({ name }) => name), gaps: name => store.gaps.of(name), troubles, lags }),
      ...sinkFamilies(lanes),
      gauge('opsctl_logs_dead_letters_bytes', 'Of dead letters on disk.', one(deadLetters.bytes)),
      gauge('opsctl_logs_dead_letters_limit_bytes', 'With how much sinks wait.', one(deadLetters.maxBytes)),
      ...(rules ? ruleFamilies(rules) : []),
      counter('opsctl_logs_reloads', 'Files of the pipeline that were read anew.', [
        { labels: 'result="good"', value: reloads.good },
        { labels: 'result="bad"', value: reloads.bad },
      ]),
      ...processFamilies(ownProcess(startedAt)),
    ]
  }
}

/** With a row of each source and sink also where nothing is settled yet: whoever alerts on what does not move has something to look at. */
function wholeLedger(ledger: readonly LedgerRow[], { sources, sinks }: Pipeline): LedgerRow[] {
  const nothing = { lines: 0, bytes: 0, records: 0, delivered: 0, dead: 0, spooled: 0, dropped: 0 }
  const missing = sinks.flatMap(({ name: sink, sources: from }) =>
    sources
      .filter(({ name }) => from?.includes(name) ?? true)
      .filter(({ name }) => !ledger.some(row => row.source === name && row.sink === sink))
      .map(({ name: source }) => ({ source, sink, ...nothing })),
  )
  return [...ledger, ...missing]
}
