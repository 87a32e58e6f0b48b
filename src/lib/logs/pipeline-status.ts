import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../core/context.ts'
import type { Json } from '../core/json.ts'
import type { Document } from '../core/report.ts'
import { formatSize } from '../core/size.ts'
import { lockHolder } from '../run/lock.ts'
import { columnTable } from '../surface/column-table.ts'
import { type Lag, lags } from './lags.ts'
import { readPipeline } from './pipeline/read-pipeline.ts'
import { pipelineDirectory } from './pipeline-directory.ts'
import type { LedgerRow } from './store/rows.ts'
import { Store } from './store/store.ts'

/** What a pipeline has read and delivered, as it stands on disk, whether it runs or not. Changes nothing. @throws OpsError E_CONFIG, E_STATE */
export async function pipelineStatus(context: Context, { pipeline: file }: { readonly pipeline: string }): Promise<Document> {
  const pipeline = await readPipeline(context, file)
  const directory = pipelineDirectory(context, file)
  const path = join(directory, 'state.db')
  if (!existsSync(path)) return neverRun(file)
  const holder = await lockHolder(join(directory, 'lock'))
  using store = new Store(path, { onlyLooks: true })
  const ledger = store.ledger()
  const gaps = pipeline.sources.flatMap(({ name }) => {
    const { count, bytes, unknown } = store.gaps.of(name)
    return count === 0 ? [] : [{ source: name, count, bytes, unknown }]
  })
  const behind = await Array.fromAsync(lags({ store, pipeline, clock: context.clock }))
  const running = holder && { pid: holder.pid, since: holder.since, runId: holder.runId }
  return {
    mime: 'text/plain',
    text: [
      running ? `${file} runs since ${running.since} (run ${running.runId}, pid ${running.pid})` : `${file} is not running`,
      '',
      ledgerTable(ledger),
      ...gaps.map(
        ({ source, count, bytes, unknown }) =>
          `\n${source}: ${count} gaps, ${formatSize(bytes)} lost${unknown > 0 ? `, and nobody knows how much in ${unknown} of them` : ''}`,
      ),
      ...lagTable(behind),
      '',
    ].join('\n'),
    data: {
      running: running ?? null,
      ledger: ledger.map(row => ({ ...row })),
      gaps,
      streams: behind.map(lag => ({ ...lag })),
    } satisfies Json,
  }
}

function neverRun(file: string): Document {
  return {
    mime: 'text/plain',
    text: `${file} has never run here\n`,
    data: { running: null, ledger: [], gaps: [], streams: [] },
  }
}

const ledgerTable = (ledger: readonly LedgerRow[]): string =>
  columnTable(
    ['SOURCE', 'SINK', 'LINES', 'RECORDS', 'DELIVERED', 'PUT BY', 'DEAD', 'DROPPED'],
    ledger.map(({ source, sink, lines, records, delivered, spooled, dead, dropped }) => [
      source,
      sink,
      ...[lines, records, delivered, spooled, dead, dropped].map(String),
    ]),
  )

function lagTable(all: readonly Lag[]): string[] {
  const behind = all.filter(({ behindBytes }) => behindBytes !== undefined && behindBytes > 0)
  if (behind.length === 0) return []
  const rows = behind.map(({ stream, sink, behindBytes = 0 }) => [stream, sink, formatSize(behindBytes)])
  return ['', columnTable(['STREAM', 'SINK', 'BEHIND'], rows)]
}
