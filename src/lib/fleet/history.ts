import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Item } from '../core/item.ts'
import { Journal } from '../journal/journal.ts'

/** What is known of a run before its first host answered. */
export interface RunHeader {
  readonly kind: string
  readonly title: string
  readonly hosts: readonly string[]
}

/** Records of the journal of a run, by type. */
const recordType = { header: 1, result: 2 } as const

const keptRuns = 50

/**
 * Writes down who was asked and who answered, as it happens: `--limit @failed` works after a run that was killed as well. Where the
 * state directory can not be written the run goes on without.
 */
export class RunRecord implements AsyncDisposable {
  readonly #journal: Journal | undefined

  private constructor(journal: Journal | undefined) {
    this.#journal = journal
  }

  static async start({ paths, runId, clock, log }: Context, header: RunHeader): Promise<RunRecord> {
    try {
      const journal = await Journal.open(join(runsOf(paths.state), runId), { fsync: 'never', clock })
      journal.append(recordType.header, encode(header))
      await journal.flush()
      await prune(paths.state)
      return new RunRecord(journal)
    } catch (error) {
      log('info', 'this run is not recorded', { error })
      return new RunRecord(undefined)
    }
  }

  add(item: Item): void {
    this.#journal?.append(
      recordType.result,
      encode({ host: item.host ?? '', ok: item.outcome === 'ok' || item.outcome === 'changed' }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal?.[Symbol.asyncDispose]()
  }
}

/**
 * The hosts of the newest run that failed or gave no answer.
 * @throws OpsError E_NO_TARGETS when there was no run
 */
export async function lastFailed(state: string): Promise<readonly string[]> {
  for (const runId of (await runIds(state)).reverse()) {
    const open = await unanswered(join(runsOf(state), runId))
    if (open !== undefined) return open
  }
  throw new OpsError('E_NO_TARGETS', '@failed: there is no recorded run', {
    hint: 'it stands for the hosts that failed or did not answer in the last run',
  })
}

async function unanswered(directory: string): Promise<string[] | undefined> {
  let open: Set<string> | undefined
  for await (const { type, payload } of Journal.inspect(directory)) {
    const record = JSON.parse(new TextDecoder().decode(payload))
    if (type === recordType.header) open = new Set((record as RunHeader).hosts)
    else if (record.ok) open?.delete(record.host)
  }
  return open && [...open]
}

const runsOf = (state: string): string => join(state, 'runs')
const encode = (record: object): Uint8Array => new TextEncoder().encode(JSON.stringify(record))

async function runIds(state: string): Promise<string[]> {
  try {
    return (await readdir(runsOf(state))).sort()
  } catch {
    return []
  }
}

async function prune(state: string): Promise<void> {
  const ids = await runIds(state)
  for (const runId of ids.slice(0, -keptRuns)) await rm(join(runsOf(state), runId), { recursive: true, force: true })
}
