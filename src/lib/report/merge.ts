import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { strongest } from '../core/exit.ts'
import type { Json } from '../core/json.ts'
import { maxSpans, type Report, type Span } from '../core/report.ts'
import { type Shard, shardText, titleEnd } from '../core/shard.ts'
import { collate } from '../fleet/index.ts'
import { GivenShards } from './given-shards.ts'
import { type GivenReport, reportReader } from './read-report.ts'
import { UnitedItems } from './united-items.ts'
import type { WrittenReport } from './written-report.ts'

/**
 * One report of several of the same command, as if one run had made them: what they count is added up, and its exit code follows from that.
 * @throws OpsError E_REPORT for what is damaged or can not be joined
 */
export async function mergeReports(context: Context, { file: files }: { readonly file: readonly string[] }): Promise<Report> {
  const union = new ReportUnion(context)
  const read = reportReader(context.paths.cwd)
  for (const file of files) await union.add(await read(file))
  const report = await union.report()
  for (const item of report.items) await context.emit(item)
  return report
}

/** What is kept of a report beside its items. */
interface Part extends Omit<WrittenReport, 'items' | 'counts' | 'omitted' | 'timeline' | 'omittedSpans' | 'blocks'> {
  readonly file: string
  readonly shard: Shard | undefined
}

class ReportUnion {
  readonly #context: Context
  readonly #items: UnitedItems
  readonly #shards = new GivenShards()
  readonly #parts: Part[] = []
  readonly #files = new Map<string, string>()
  #spans: Span[] = []
  #omittedSpans = 0
  #blocks: 'none' | 'whole' | 'diff' = 'none'

  constructor(context: Context) {
    this.#context = context
    this.#items = new UnitedItems(context.outputs)
  }

  /** @throws OpsError E_REPORT */
  async add(given: GivenReport): Promise<void> {
    const { file, digest, report } = given
    const copy = this.#files.get(digest)
    if (copy !== undefined) {
      this.#context.log('warn', `${file} is the same report as ${copy}: it counts once`)
      return
    }
    this.#files.set(digest, file)
    this.#demandSameKind(given)
    demandWhole(given)
    const shard = this.#shards.add(given)
    await this.#items.add(given)
    const { items: _i, counts: _c, omitted: _o, timeline = [], omittedSpans = 0, blocks = [], ...part } = report
    this.#parts.push({ ...part, file, shard })
    this.#spans = this.#spans.concat(timeline)
    this.#omittedSpans += omittedSpans
    if (blocks.some(({ diff }) => diff !== undefined)) this.#blocks = 'diff'
    else if (blocks.length > 0 && this.#blocks === 'none') this.#blocks = 'whole'
  }

  async report(): Promise<Report> {
    const { runId, outputs } = this.#context
    const starts = this.#parts.map(({ startedAt }) => Date.parse(startedAt))
    const start = Math.min(...starts)
    const end = Math.max(...this.#parts.map(({ durationMs }, at) => (starts[at] ?? start) + durationMs))
    for (const item of this.#shards.missingItems(rfc3339(start))) this.#items.addOwn(item)
    const { counts, items, omitted } = this.#items
    const stopped = stoppedOf(this.#parts)
    return {
      kind: this.#parts[0]?.kind ?? '',
      version: 1,
      runId,
      title: this.#title,
      startedAt: rfc3339(start),
      durationMs: end - start,
      counts,
      items,
      omitted,
      changed: this.#parts.some(({ changed }) => changed),
      // What only an exit code tells: no other report ends with it.
      ...(this.#parts.some(({ exitCode }) => exitCode === 4) && { pending: true }),
      ...(this.#blocks !== 'none' && { blocks: await collate(items, { outputs, diff: this.#blocks === 'diff' }) }),
      ...this.#timeline,
      data: this.#data,
      ...(stopped && { stopped }),
    }
  }

  #demandSameKind({ file, report }: GivenReport): void {
    const [first] = this.#parts
    if (first === undefined || first.kind === report.kind) return
    throw new OpsError('E_REPORT', `${file} is a report of ${report.kind}, and ${first.file} of ${first.kind}`, {
      hint: 'join reports of one command only',
      data: { file },
    })
  }

  /** What all of them are called, but for the shares that they are. */
  get #title(): string {
    const titles = new Set(this.#parts.map(({ title, shard }) => (shard ? withoutEnd(title, titleEnd(shard)) : title)))
    const [only = ''] = titles
    return titles.size === 1 ? only : `${this.#parts[0]?.kind}: ${this.#parts.length} reports`
  }

  get #timeline(): Pick<Report, 'timeline' | 'omittedSpans'> {
    const spans = this.#spans.sort((a, b) => a.startedAt.localeCompare(b.startedAt))
    const omittedSpans = this.#omittedSpans + Math.max(0, spans.length - maxSpans)
    return {
      ...(spans.length > 0 && { timeline: spans.slice(0, maxSpans) }),
      ...(omittedSpans > 0 && { omittedSpans }),
    }
  }

  /** What all of them say alike, and what it was made of. */
  get #data(): Record<string, Json> {
    const [first, ...others] = this.#parts.map(({ data = {} }) => data)
    const common = Object.entries(first ?? {}).filter(
      ([key, value]) => !ownKeys.includes(key) && others.every(data => isSame(data[key], value)),
    )
    const reports = this.#parts.map(({ file, runId, title, shard, startedAt, durationMs, exitCode }) => ({
      file,
      runId,
      title,
      ...(shard && { shard: shardText(shard) }),
      ...{ startedAt, durationMs, exitCode },
    }))
    const { count, missing } = this.#shards
    const shards = count === undefined ? {} : { shards: { count, missing } }
    return { ...Object.fromEntries(common), merged: { reports, ...shards } }
  }
}

const ownKeys: readonly string[] = ['shard', 'merged']

const isSame = (a: Json | undefined, b: Json): boolean => a !== undefined && JSON.stringify(a) === JSON.stringify(b)

const withoutEnd = (text: string, end: string): string => (text.endsWith(end) ? text.slice(0, -end.length) : text)

/** What was joined already and lacks a share would lack it for ever, though it came now. */
function demandWhole({ file, report }: GivenReport): void {
  const merged = report.data?.['merged']
  if (merged === undefined || !report.items.some(({ path, reason }) => reason === 'missing' && /^shard \d+\/\d+$/.test(path)))
    return
  throw new OpsError('E_REPORT', `${file} was joined from shares of which some were missing`, {
    hint: 'join the reports of the shares themselves',
    data: { file },
  })
}

/** Of those that were cut short the one whose exit code wins, with whose it is. */
function stoppedOf(parts: readonly Part[]): Report['stopped'] {
  const stops = parts.flatMap(({ stopped, shard, file }) => {
    if (stopped === undefined || parts.length === 1) return stopped ?? []
    return { exit: stopped.exit, message: `${shard ? `shard ${shardText(shard)}` : file}: ${stopped.message}` }
  })
  const exit = strongest(stops.map(each => each.exit))
  return stops.find(each => each.exit === exit)
}
