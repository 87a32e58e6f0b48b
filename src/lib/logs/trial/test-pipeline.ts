import { resolve } from 'node:path'
import { rfc3339 } from '../../core/clock.ts'
import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import { type Document, type Report, ReportFold } from '../../core/report.ts'
import { readSecret } from '../../fleet/index.ts'
import { oneLine } from '../../render/visible-text.ts'
import { amount } from '../amount.ts'
import type { ShipTestOptions } from '../options.ts'
import type { Pipeline, PipelineSource } from '../pipeline/pipeline.ts'
import { readPipeline } from '../pipeline/read-pipeline.ts'
import { batches } from '../sources/batches.ts'
import { openFile } from '../sources/file-source.ts'
import { plainSource } from '../sources/plain-source.ts'
import { judgeTrial } from './judge-trial.ts'
import { tryLines } from './try-lines.ts'

const sampleBytes = 1024 * 1024

/** Runs the tests of a pipeline, or shows what would come of a sample. Delivers and remembers nothing. @throws OpsError E_CONFIG, E_USAGE */
export async function testPipeline(context: Context, options: ShipTestOptions): Promise<Report | Document> {
  const pipeline = await readPipeline(context, options.pipeline)
  const sources = pipeline.sources.map(({ name }) => name)
  const { source: wanted } = options
  if (wanted !== undefined && !sources.includes(wanted)) {
    const close = nearest(wanted, sources)
    throw new OpsError('E_USAGE', `--source: there is no source '${wanted}'`, {
      hint: close ? `did you mean ${close}?` : `there are ${sources.join(', ')}`,
    })
  }
  const secret = readSecret.bind(undefined, context)
  const shaper = await pipeline.shape?.open({ secret, log: context.log })
  const { sample } = options
  if (sample === undefined) return runTests(context, { pipeline, shaper, source: wanted })
  const [source, other] = pipeline.sources.filter(({ name }) => wanted === undefined || name === wanted)
  if (source === undefined || other !== undefined)
    throw new OpsError('E_USAGE', '--sample: there are several sources', { hint: `--source says which: ${sources.join(', ')}` })
  return showSample(context, { pipeline, shaper, source, sample, limit: options.limit })
}

interface Trying {
  readonly pipeline: Pipeline
  readonly shaper: Parameters<typeof tryLines>[1]['shaper']
}

function runTests(
  context: Context,
  { pipeline, shaper, source: wanted }: Trying & { readonly source: string | undefined },
): Report {
  const { clock, log, runId } = context
  const [startedAt, began] = [rfc3339(clock.now()), clock.monotonic()]
  const fold = new ReportFold()
  for (const test of pipeline.tests) {
    const source = pipeline.sources.find(({ name }) => name === test.source)
    if (source === undefined || (wanted !== undefined && test.source !== wanted)) continue
    // The lines stand in the file of the pipeline, which is UTF-8.
    const readable: PipelineSource = { ...source, framing: { ...source.framing, encoding: 'utf-8' } }
    const from = clock.monotonic()
    const trial = tryLines(Buffer.from(test.text), { pipeline, source: readable, shaper, log, title: test.name })
    const problems = judgeTrial(test, trial)
    fold.add({
      ...{ path: test.name, name: test.name, startedAt, durationMs: Math.round(clock.monotonic() - from) },
      ...(problems.length === 0
        ? { outcome: 'ok' }
        : { outcome: 'failed', reason: 'error', message: problems.join('\n'), data: { problems } }),
    })
  }
  if (fold.counts.total === 0)
    throw new OpsError('E_CONFIG', 'there are no tests to run', {
      hint: 'write `tests: [ { name: …, source: …, lines: [ … ], expect: [ … ] } ]`, or try a file with --sample',
    })
  return {
    ...{ kind: 'ship-logs-test', version: 1, runId, title: 'ship-logs test', startedAt },
    durationMs: Math.round(clock.monotonic() - began),
    counts: fold.counts,
    items: fold.items(),
    omitted: fold.omitted,
    changed: false,
  }
}

async function showSample(
  { log, paths, signal }: Context,
  { pipeline, shaper, source, sample, limit }: Trying & { source: PipelineSource; sample: string; limit: number },
): Promise<Document> {
  const raw = await headOf(resolve(paths.cwd, sample), { sample, signal })
  const { tally, format, shaped, sinks } = tryLines(raw, { pipeline, source, shaper, log, title: sample })
  const { records, misfits, lines } = tally
  const shown = shaped.records.objects.slice(0, limit)
  const reasons = tally.reasons.map(({ reason, count, firstLine }) => ({ reason, count, firstLine }))
  const dead = [...Map.groupBy(shaped.dead, ({ stage, reason }) => `${stage}: ${reason}`)]
  const deadCounts = dead.map(([reason, all]) => ({ reason, count: all.length }))
  const text = [
    // As they would be delivered, so that no digit is lost.
    ...Buffer.from(shaped.records.lines).toString().split('\n').slice(0, shown.length),
    '',
    `${amount(lines, 'line')}${format === undefined ? '' : ` as ${format}`}: ${amount(records, 'record')}, ${misfits} did not fit, ${shaped.filtered} filtered, ${shaped.dead.length} dead`,
    ...reasons.map(({ reason, count, firstLine }) => `did not fit: ${count} ${oneLine(reason)} (first in line ${firstLine})`),
    ...deadCounts.map(({ reason, count }) => `dead: ${count} ${oneLine(reason)}`),
    ...Object.entries(sinks).map(([name, count]) => `${name} would get ${count}`),
    '',
  ].join('\n')
  const counts = { lines, records, misfits, filtered: shaped.filtered, dead: shaped.dead.length }
  return {
    mime: 'text/plain',
    text,
    data: { format: format ?? null, ...counts, reasons, deadReasons: deadCounts, sinks, sample: shown },
  }
}

/** Whole lines at the beginning of a file, out of its compression. @throws OpsError E_USAGE */
async function headOf(path: string, { sample, signal }: { sample: string; signal: AbortSignal }): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  try {
    await using opened = await openFile(path, signal)
    const { plain } = await plainSource(opened)
    const limit = { maxLineBytes: sampleBytes, longLines: 'split' } as const
    for await (const batch of batches(plain, { name: sample, limit })) {
      pieces.push(batch.bytes.slice())
      bytes += batch.bytes.length
      if (bytes >= sampleBytes) break
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new OpsError('E_USAGE', `--sample: ${sample} can not be read: ${why}`, { cause })
  }
  return Buffer.concat(pieces)
}
