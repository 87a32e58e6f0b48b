import { resolve } from 'node:path'
import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { ByteStream, Report } from '../core/report.ts'
import { demandJsonLines } from './demand-json-lines.ts'
import type { Format } from './formats/format.ts'
import { formatOf } from './formats/known-formats.ts'
import { demandNoVerb } from './meant-verb.ts'
import type { ShipOptions } from './options.ts'
import { pipelineDirectory } from './pipeline-directory.ts'
import { RecordBuffer } from './record-buffer.ts'
import { ShipResult } from './ship-result.ts'
import { sourceItem } from './source-item.ts'
import { SourceReading } from './source-reading.ts'
import { batches } from './sources/batches.ts'
import { type ByteSource, ChunkSource } from './sources/byte-source.ts'
import { openFile } from './sources/file-source.ts'
import { plainSource } from './sources/plain-source.ts'
import { untilStopped } from './sources/until-stopped.ts'

/** Logs as records: JSON lines, and at their end what came of each source. */
export async function shipLogs(context: Context, options: ShipOptions): Promise<ByteStream | Report> {
  if (options.pipeline !== undefined) {
    demandNothingElse(options)
    // Loaded only here: what reads a file once needs neither a database nor what reads YAML.
    const [{ readPipeline }, { runPipeline }] = await Promise.all([
      import('./pipeline/read-pipeline.ts'),
      import('./run-pipeline.ts'),
    ])
    const { pipeline: file, follow } = options
    const read = () => readPipeline(context, file)
    const directory = pipelineDirectory(context, file)
    return runPipeline(context, {
      ...{ pipeline: await read(), directory, follow },
      ...(follow && { readAnew: read }),
      ...(options.listen.length > 0 && { server: options }),
    })
  }
  if (options.listen.length > 0)
    throw new OpsError('E_USAGE', '--listen needs a pipeline', { hint: 'name its file: ship-logs -f pipeline.yaml --listen …' })
  demandJsonLines(context)
  await demandNoVerb(context, options.file)
  if (options.maxLine < 1 || options.maxLine > maxMaxLine) {
    throw new OpsError('E_USAGE', '--max-line is from 1 byte to 64 MiB', { hint: 'the longest line is held in memory' })
  }
  const known = formatOf(options.format)
  if (options.targets.length > 0 || (options.follow && options.file.some(name => name !== '-'))) {
    const { shipLive } = await import('./live/ship-live.ts')
    return shipLive(context, { ...options, known })
  }
  const shipment = new Shipment(context, options, known)
  return { bytes: shipment.records(), report: () => shipment.result.report() }
}

/** @throws OpsError E_USAGE */
function demandNothingElse({ file, targets, format, start, maxLine, longLines }: ShipOptions): void {
  const read = file.length > 0 ? `the file ${file[0]}` : targets.length > 0 ? '-t' : undefined
  if (read !== undefined)
    throw new OpsError('E_USAGE', `${read} can not stand beside -f`, {
      hint: 'the pipeline says what is read: sources of type file and ssh',
    })
  const given = {
    format: format !== 'auto',
    start: start !== 'beginning',
    max_line: maxLine !== mebi,
    long_lines: longLines !== 'cut',
  }
  const [key] = Object.entries(given).find(([, isGiven]) => isGiven) ?? []
  if (key === undefined) return
  throw new OpsError('E_USAGE', `--${key.replace('_', '-')} can not stand beside -f`, {
    hint: `the pipeline says how each source is read: ${key}: …`,
  })
}

const mebi = 1024 * 1024
const maxMaxLine = 64 * mebi

class Shipment {
  readonly #context: Context
  readonly #options: ShipOptions
  /** Absent where each source is asked for its own. */
  readonly #format: Format | undefined
  readonly result: ShipResult

  constructor(context: Context, options: ShipOptions, format: Format | undefined) {
    this.#format = format
    this.#context = context
    this.#options = options
    this.result = new ShipResult(context)
  }

  /** Each piece is whole records, and good until the next one. */
  async *records(): AsyncGenerator<Uint8Array> {
    const { file } = this.#options
    const buffer = new RecordBuffer()
    for (const name of file.length === 0 ? ['-'] : file) {
      if (this.#context.signal.aborted) return
      yield* this.#source(name, buffer)
    }
  }

  async *#source(name: string, buffer: RecordBuffer): AsyncGenerator<Uint8Array> {
    const { clock, log, signal } = this.#context
    const { maxLine, longLines } = this.#options
    const source = name === '-' ? 'stdin' : name
    const reading = new SourceReading({ name: source, format: this.#format, log })
    const startedAt = clock.now()
    const began = clock.monotonic()
    let failure: unknown
    try {
      await using opened = await this.#open(name)
      const { plain } = await plainSource(opened)
      for await (const batch of batches(plain, { name: source, limit: { maxLineBytes: maxLine, longLines } })) {
        yield* reading.read(batch, buffer)
        if (buffer.length > 0) yield buffer.take()
        if (signal.aborted) break
      }
    } catch (error) {
      failure = error
    }
    reading.finish(buffer)
    // What was read before something went wrong is there all the same.
    if (buffer.length > 0) yield buffer.take()
    const item = sourceItem(reading, {
      source,
      failure,
      startedAt: rfc3339(startedAt),
      durationMs: Math.round(clock.monotonic() - began),
    })
    this.result.tell(item)
  }

  async #open(name: string): Promise<ByteSource> {
    const { io, paths, signal } = this.#context
    if (name === '-') return untilStopped(new ChunkSource(io.stdin.read(signal)), signal)
    return await openFile(resolve(paths.cwd, name), signal)
  }
}
