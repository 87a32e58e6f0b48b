import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Plan } from '../core/plan.ts'
import { ChangeLog } from '../plan/index.ts'
import { byKey } from './digest.ts'
import type { SyncFile } from './file/sync-file.ts'
import { readSealed, SealError, writeSealed } from './sealed-file.ts'
import { stateDirectory } from './state-directory.ts'

/** A file as a host was given it. */
const AppliedFile = z.object({
  path: z.string(),
  sha256: z.string(),
  mode: z.string().optional(),
  owner: z.string().optional(),
})
export type AppliedFile = z.output<typeof AppliedFile>

const Record = z.object({
  version: z.literal(1),
  runId: z.string(),
  /** RFC 3339. */
  at: z.string(),
  by: z.object({ uid: z.number(), user: z.string() }),
  /** Of the sync file. */
  fileSha256: z.string(),
  source: z.object({ title: z.string(), revision: z.string(), digest: z.string(), snapshotAgeMs: z.number().optional() }),
  /** Of every value of the source, by key. */
  digests: z.record(z.string(), z.string()),
  /** The run whose contents were applied again. */
  rollbackOf: z.string().optional(),
  files: z.array(AppliedFile),
  /** Indexes into `files`, by host. */
  hosts: z.record(z.string(), z.array(z.number())),
  /** It was meant for some of the hosts only, as -t, --limit or --shard said. */
  partial: z.literal(true).optional(),
  plan: z.custom<Plan>(value => typeof value === 'object' && value !== null && 'steps' in value),
  /** What came of it, as far as the run itself could tell. */
  outcome: z.enum(['begun', 'kept', 'undone', 'stuck', 'settled']),
})

/** One apply: who, what, from which revision of the source, and everything that is needed to apply it again. */
export type RevisionRecord = z.output<typeof Record>

/** What hosts should be like. */
export interface Applied {
  /** The last run that was kept. */
  readonly last: RevisionRecord
  /** The files of every host, as the last run that was meant for it brought them. */
  readonly hosts: ReadonlyMap<string, readonly AppliedFile[]>
}

const keptRecords = 50
/** So many runs that were kept stay however many came to nothing since: the one that is judged against, and the one to go back to. */
const neededRecords = 2

/** What was applied of a sync file from this machine, in the order of time. */
export class Revisions {
  readonly #directory: string
  readonly #stateDirectory: string

  constructor(context: Pick<Context, 'paths'>, sync: Pick<SyncFile, 'name'>) {
    this.#directory = join(stateDirectory(context, sync), 'revisions')
    this.#stateDirectory = context.paths.state
  }

  /** Once it is sure to begin, before anything is changed. @throws OpsError E_STATE */
  async begin(record: Omit<RevisionRecord, 'version' | 'outcome'>): Promise<void> {
    await this.#write({ version: 1, ...record, outcome: 'begun' })
    const ids = await this.#ids()
    const old = ids.slice(0, -keptRecords)
    const needed = old.length === 0 ? [] : await this.#needed(ids)
    for (const id of old) if (!needed.includes(id)) await rm(join(this.#directory, id), { force: true })
  }

  /** With what came of it. @throws OpsError E_STATE */
  async end(runId: string): Promise<void> {
    const record = await this.#read(runId)
    if (record) await this.#write(record)
  }

  /** All that were begun and left something on record, in the order in which they began. @throws OpsError E_STATE for one that is not whole */
  async all(): Promise<RevisionRecord[]> {
    const records = await Promise.all((await this.#ids()).map(id => this.#read(id)))
    return records
      .filter(record => record !== undefined)
      .filter(({ outcome }) => outcome !== 'begun')
      .sort((a, b) => byKey([a.at, a], [b.at, b]))
  }

  /** Back to the last run on all hosts: those that only earlier ones were meant for are no longer asked for. @throws OpsError E_USAGE when nothing was applied yet */
  async applied(): Promise<Applied> {
    const kept = (await this.all()).filter(({ outcome }) => outcome === 'kept')
    const last = kept.at(-1)
    if (!last) throw new OpsError('E_USAGE', 'nothing was applied from here yet', { hint: 'opsctl sync-config apply' })
    const whole = kept.findLastIndex(({ partial }) => !partial)
    const hosts = new Map<string, readonly AppliedFile[]>()
    for (const record of kept.slice(Math.max(0, whole))) {
      for (const [host, indexes] of Object.entries(record.hosts)) {
        hosts.set(
          host,
          indexes.flatMap(index => record.files[index] ?? []),
        )
      }
    }
    return { last, hosts }
  }

  /**
   * By the id of its run, or the newest by the revision of the source; without a word the one before what is applied.
   * @throws OpsError E_USAGE naming those that there are
   */
  async find(word: string | undefined): Promise<RevisionRecord> {
    const kept = (await this.all()).filter(({ outcome }) => outcome === 'kept')
    const isMeant = ({ runId, source }: RevisionRecord): boolean => runId === word || source.revision === word
    const found = word === undefined ? kept.at(-2) : kept.findLast(isMeant)
    if (found) return found
    if (word === undefined) throw new OpsError('E_USAGE', 'nothing was applied from here before what is there now')
    const known = kept.map(({ runId, source }) => `${source.revision} (${runId})`).slice(-5)
    throw new OpsError('E_USAGE', `no revision or run ${word} was applied and kept`, {
      hint: known.length === 0 ? 'nothing was applied from here yet' : `the last ones are ${known.join(', ')}`,
    })
  }

  /** Of these the newest that were kept, and those since the last run on all hosts. */
  async #needed(ids: readonly string[]): Promise<string[]> {
    const needed: string[] = []
    let isWhole = false
    for (const id of ids.toReversed()) {
      const record = await this.#read(id).catch(() => undefined)
      if (record?.outcome !== 'kept') continue
      needed.push(id)
      isWhole ||= !record.partial
      if (isWhole && needed.length >= neededRecords) break
    }
    return needed
  }

  async #read(runId: string): Promise<RevisionRecord | undefined> {
    const path = join(this.#directory, runId)
    const content = await readSealed(path).catch(cause => {
      if (!(cause instanceof SealError)) throw cause
      throw new OpsError('E_STATE', `${path} is of no use: ${cause.message}`, { cause, hint: 'remove it' })
    })
    if (content === undefined) return undefined
    const parsed = Record.safeParse(content)
    if (!parsed.success)
      throw new OpsError('E_STATE', `${path} is of another version`, { cause: parsed.error, hint: 'remove it' })
    // The journal knows best: the change may have been resumed or undone since.
    const { header, end } = await ChangeLog.read(this.#stateDirectory, runId)
    return header === undefined ? parsed.data : { ...parsed.data, outcome: end ?? 'begun' }
  }

  #write(record: RevisionRecord): Promise<void> {
    return writeSealed(join(this.#directory, record.runId), JSON.parse(JSON.stringify(record)))
  }

  async #ids(): Promise<string[]> {
    const names = await readdir(this.#directory).catch((): string[] => [])
    return names.filter(name => !name.startsWith('.')).sort()
  }
}
