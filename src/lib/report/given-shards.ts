import { OpsError } from '../core/errors.ts'
import type { Item } from '../core/item.ts'
import type { Json } from '../core/json.ts'
import { type Shard, shardText } from '../core/shard.ts'
import type { GivenReport } from './read-report.ts'

/** Which shares of a whole are there. Either every report is one, of the same number, or none is. */
export class GivenShards {
  /** By index, the file that it is in. */
  readonly #files = new Map<number, string>()
  #first: { readonly file: string; readonly shard: Shard | undefined } | undefined

  /** @throws OpsError E_REPORT for a share of another division, and for one that is there already */
  add({ file, report }: GivenReport): Shard | undefined {
    const shard = shardIn(report.data)
    this.#first ??= { file, shard }
    const { file: firstFile, shard: firstShard } = this.#first
    if (shard?.count !== firstShard?.count) {
      throw new OpsError('E_REPORT', `${file} is ${partOf(shard)}, and ${firstFile} is ${partOf(firstShard)}`, {
        hint: 'join the shares of one division only',
        data: { file },
      })
    }
    if (shard === undefined) return undefined
    const other = this.#files.get(shard.index)
    if (other !== undefined) {
      throw new OpsError('E_REPORT', `shard ${shardText(shard)} is given twice: by ${other} and by ${file}`, {
        hint: 'leave out the older one',
        data: { file },
      })
    }
    this.#files.set(shard.index, file)
    return shard
  }

  /** So many make the whole; undefined where the reports are no shares. */
  get count(): number | undefined {
    return this.#first?.shard?.count
  }

  get missing(): readonly number[] {
    return Array.from({ length: this.count ?? 0 }, (_, at) => at + 1).filter(index => !this.#files.has(index))
  }

  /** Whatever is missing is not known, and an item says so: without it what is there would look like the whole. */
  missingItems(startedAt: string): Item[] {
    return this.missing.map(index => {
      const name = `shard ${shardText({ index, count: this.count ?? 0 })}`
      const message = 'no report of it was given: nobody knows what came of its targets'
      return { path: name, name, verdict: 'unknown', reason: 'missing', message, startedAt, durationMs: 0 }
    })
  }
}

const partOf = (shard: Shard | undefined): string => (shard ? `shard ${shardText(shard)}` : 'no shard')

/** What `ofShard` wrote. */
function shardIn(data: Readonly<Record<string, Json>> | undefined): Shard | undefined {
  const shard = data?.['shard']
  if (typeof shard !== 'object' || shard === null || !('index' in shard)) return undefined
  const { index, count } = shard
  return typeof index === 'number' && typeof count === 'number' ? { index, count } : undefined
}
