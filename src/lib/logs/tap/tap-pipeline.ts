import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { ByteStream } from '../../core/report.ts'
import { demandJsonLines } from '../demand-json-lines.ts'
import type { TapOptions } from '../options.ts'
import { pipelineDirectory } from '../pipeline-directory.ts'
import { Records } from '../records.ts'
import { ShipResult } from '../ship-result.ts'
import { Allowance } from './allowance.ts'
import type { TapFrame } from './tap-frame.ts'
import { TappedPipeline, type TappedPlace } from './tapped-pipeline.ts'

/** A pipeline that is started again is looked at again, when that is within so long. */
const patienceMs = 30_000
/** Records that are not shown are told so often. */
const tellEveryMs = 1000
const newline = 10

/** What passes through a pipeline that runs, as JSON lines. @throws OpsError E_UNREACHABLE where it does not run */
export async function tapPipeline(context: Context, options: TapOptions): Promise<ByteStream> {
  demandJsonLines(context)
  const { clock, signal, settings } = context
  const directory = pipelineDirectory(context, options.pipeline)
  const place = { directory, file: options.pipeline, clock, signal }
  const first = await TappedPipeline.connect(place)
  const result = new ShipResult(context)
  const isWhole = settings.outputs.some(({ format, file }) => file === undefined && format !== 'human')
  const view = new TapView(context, { options, isWhole, place })
  return { bytes: view.records(first, result), report: () => result.report() }
}

/** What somebody sees of a pipeline. */
class TapView {
  readonly #context: Context
  readonly #options: TapOptions
  readonly #place: TappedPlace
  /** With where each record comes from. */
  readonly #isWhole: boolean
  readonly #rate: Allowance | undefined
  /** The pipeline that is looked at has said so. */
  #isBegun = false
  /** For one that runs again. */
  #isWaiting = false
  #shown = 0
  #slow = 0
  #rated = 0
  #toldAt = 0
  #told = 0

  constructor(
    context: Context,
    { options, isWhole, place }: { readonly options: TapOptions; readonly isWhole: boolean; readonly place: TappedPlace },
  ) {
    this.#context = context
    this.#options = options
    this.#place = place
    this.#isWhole = isWhole
    // A rate of those that the condition lets pass can not be kept by who does not know it.
    if (options.where !== undefined && options.rate !== undefined) this.#rate = new Allowance(context.clock, options.rate)
  }

  async *records(first: TappedPipeline, result: ShipResult): AsyncGenerator<Uint8Array> {
    const { signal, log, clock } = this.#context
    const { stage, pipeline } = this.#options
    try {
      let until = clock.monotonic() + patienceMs
      for (let tapped: TappedPipeline | undefined = first; tapped !== undefined; ) {
        this.#isBegun = false
        {
          using _open = tapped
          yield* this.#recordsOf(tapped)
        }
        if (this.#isEnough || signal.aborted) return
        // A process that is just being killed may still seem to listen: it has not begun then.
        if (this.#isBegun) {
          until = clock.monotonic() + patienceMs
          this.#isWaiting = true
          log('warn', `${pipeline} has ended: waiting until it runs again`, { seconds: patienceMs / 1000 })
        }
        tapped = await TappedPipeline.connectUntil(until, this.#place)
      }
      if (!signal.aborted)
        throw new OpsError('E_UNREACHABLE', `${pipeline} has ended, and was not started again within ${patienceMs / 1000} s`)
    } finally {
      this.#tellMissed()
      const missed = this.#slow + this.#rated
      const message = `${this.#shown} records shown, ${missed} not shown`
      result.tell({ path: stage, name: stage, outcome: 'ok', message, metrics: { shown: this.#shown, missed }, ...result.look })
    }
  }

  get #isEnough(): boolean {
    return this.#shown >= (this.#options.limit ?? Number.POSITIVE_INFINITY)
  }

  async *#recordsOf(tapped: TappedPipeline): AsyncGenerator<Uint8Array> {
    const { stage, source, rate, where } = this.#options
    const perSecond = where === undefined ? rate : undefined
    const wish = { stage, ...(source !== undefined && { source }), ...(perSecond !== undefined && { perSecond }) }
    for await (const { frame, records } of tapped.frames(wish, this.#context.signal)) {
      if (frame.kind === 'refused')
        throw new OpsError('E_USAGE', frame.problem, frame.hint === undefined ? {} : { hint: frame.hint })
      if (frame.kind === 'begun') this.#begin()
      if (frame.kind === 'ended') return
      if (frame.kind === 'missed') {
        this.#slow += frame.slow
        this.#rated += frame.rate
        if (this.#context.clock.monotonic() - this.#toldAt > tellEveryMs) this.#tellMissed()
      }
      if (frame.kind !== 'records') continue
      const shown = this.#chosen(records)
      if (shown.length > 0) yield this.#written(shown, frame)
      if (this.#isEnough) return
    }
  }

  #begin(): void {
    const { log } = this.#context
    if (this.#isWaiting) log('warn', `${this.#options.pipeline} runs again`)
    log('info', 'looking at what passes from now on', { stage: this.#options.stage })
    this.#isBegun = true
    this.#isWaiting = false
  }

  /** Those that fit, and that there may be. */
  #chosen(bytes: Buffer): readonly string[] {
    const { stage, where, limit = Number.POSITIVE_INFINITY } = this.#options
    const all = stage === 'read' ? asRecords(bytes) : bytes
    const kept = where ? where.filter(Records.ofLines(all, countOf(all))).lines : all
    const fitting = Buffer.from(kept.buffer, kept.byteOffset, kept.length).toString('utf8').split('\n').slice(0, -1)
    const few = fitting.slice(0, Math.floor(this.#rate?.left ?? fitting.length))
    this.#rate?.use(few.length)
    this.#rated += fitting.length - few.length
    const chosen = few.slice(0, limit - this.#shown)
    this.#shown += chosen.length
    return chosen
  }

  #written(records: readonly string[], { source, stream }: Extract<TapFrame, { kind: 'records' }>): Uint8Array {
    const { stage } = this.#options
    const before = this.#isWhole ? `${JSON.stringify({ stage, source, stream }).slice(0, -1)},"record":` : ''
    const behind = this.#isWhole ? '}\n' : '\n'
    return Buffer.from(records.map(record => `${before}${harmless(record)}${behind}`).join(''))
  }

  /** Of what somebody wants to be few, nothing is told but at the end. */
  #tellMissed(): void {
    if (this.#slow > this.#told)
      this.#context.log('warn', `${this.#slow - this.#told} records not shown: they are read more slowly than they come`)
    this.#told = this.#slow
    this.#toldAt = this.#context.clock.monotonic()
  }
}

/** Lines as objects with a `line`, so that what is shown is JSON whatever was read. */
const asRecords = (lines: Buffer): Buffer =>
  Buffer.from(
    lines
      .toString('utf8')
      .replace(/\n$/, '')
      .split('\n')
      .map(line => `${JSON.stringify({ line: line.replace(/\r$/, '') })}\n`)
      .join(''),
  )

/** The same JSON without what a terminal would take for a command. */
const harmless = (record: string): string =>
  // Others of these can stand in no JSON.
  record.replace(/[\u007f-\u009f]/g, found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)

function countOf(lines: Uint8Array): number {
  let count = 0
  for (const byte of lines) if (byte === newline) count++
  return count
}
