import { OpsError } from '../core/errors.ts'
import type { Item, OutputRef } from '../core/item.ts'
import type { OutputStore } from '../core/output-store.ts'
import { type Counts, ReportFold } from '../core/report.ts'
import { sha256 } from '../core/sha256.ts'
import type { GivenReport } from './read-report.ts'
import type { WrittenItem, WrittenOutput } from './written-report.ts'

/** The items of several reports, each once, with bounded memory for them; what they printed goes to the outputs of this run. */
export class UnitedItems {
  readonly #outputs: OutputStore
  readonly #fold = new ReportFold()
  /** By path: in which file, and a digest of the item. */
  readonly #known = new Map<string, { readonly file: string; readonly digest: string }>()
  readonly #hosts = new Set<string>()
  readonly #total: Tallies = { total: 0, byOutcome: {}, byVerdict: {}, byReason: {} }
  #omitted = 0
  #kept = 0

  constructor(outputs: OutputStore) {
    this.#outputs = outputs
  }

  /** @throws OpsError E_REPORT for an item that another report tells otherwise */
  async add({ file, report }: GivenReport): Promise<void> {
    this.#count(report.counts, 1)
    this.#omitted += report.omitted
    for (const item of report.items) {
      if (this.#isRepeated(item, file)) this.#count(countsOf(item), -1)
      else await this.#keep(item)
    }
  }

  /** Of what no report tells. */
  addOwn(item: Item): void {
    this.#count(countsOf(item), 1)
    this.#fold.add(item)
  }

  get counts(): Counts {
    return this.#total
  }

  /** In order of the names of hosts, `web2` before `web10`, behind those of no host; else as they came. */
  get items(): readonly Item[] {
    const { compare } = new Intl.Collator('en', { numeric: true })
    return this.#fold.items(['', ...[...this.#hosts].sort(compare)])
  }

  get omitted(): number {
    return this.#omitted + this.#fold.omitted
  }

  /** The same item in two files counts once. Within one file a path may stand for several. */
  #isRepeated(item: WrittenItem, file: string): boolean {
    const digest = sha256().update(JSON.stringify(item)).digest('base64')
    const known = this.#known.get(item.path)
    if (known === undefined) {
      this.#known.set(item.path, { file, digest })
      return false
    }
    if (known.file === file) return false
    if (known.digest === digest) return true
    throw new OpsError('E_REPORT', `${file} and ${known.file} both tell of ${item.path}, and not the same`, {
      hint: 'join reports on different things: shares of one run (--shard), or different targets',
      data: { file, path: item.path },
    })
  }

  async #keep({ output, metrics, ...item }: WrittenItem): Promise<void> {
    if (item.host !== undefined) this.#hosts.add(item.host)
    const stdout = output?.stdout && (await this.#keepOutput(output.stdout))
    const stderr = output?.stderr && (await this.#keepOutput(output.stderr))
    this.#fold.add({
      ...item,
      ...(metrics && { metrics: Object.fromEntries(Object.entries(metrics).map(([key, value]) => [key, value ?? Number.NaN])) }),
      ...(output && { output: { ...(stdout && { stdout }), ...(stderr && { stderr }) } }),
    })
  }

  /** Size and digest stay those of all that was printed. A file that holds it lies on another machine. */
  async #keepOutput({ text, bytes, sha256 }: WrittenOutput): Promise<OutputRef> {
    const writer = this.#outputs.open(`merged/${++this.#kept}`)
    await writer.write(Buffer.from(text))
    return { ...(await writer.close()), bytes, sha256 }
  }

  #count({ total, byOutcome, byVerdict, byReason }: Counts, sign: 1 | -1): void {
    this.#total.total += sign * total
    addTo(this.#total.byOutcome, byOutcome, sign)
    addTo(this.#total.byVerdict, byVerdict, sign)
    addTo(this.#total.byReason, byReason, sign)
  }
}

type Tallies = { -readonly [Key in keyof Counts]: Counts[Key] extends number ? number : Record<string, number> }

function addTo(sums: Record<string, number>, counts: Readonly<Record<string, number>>, sign: 1 | -1): void {
  for (const [key, count] of Object.entries(counts)) {
    const sum = (sums[key] ?? 0) + sign * count
    if (sum === 0) delete sums[key]
    else sums[key] = sum
  }
}

const countsOf = ({ outcome, verdict, reason }: Pick<Item, 'outcome' | 'verdict' | 'reason'>): Counts => ({
  total: 1,
  byOutcome: outcome ? { [outcome]: 1 } : {},
  byVerdict: verdict ? { [verdict]: 1 } : {},
  byReason: reason ? { [reason]: 1 } : {},
})
