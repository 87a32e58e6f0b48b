import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Log } from '../core/io.ts'
import type { Item } from '../core/item.ts'
import { Journal } from '../journal/journal.ts'
import { acquireLock, lockHolder } from '../run/lock.ts'

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
  readonly #log: Log
  #journal: Journal | undefined

  private constructor(log: Log, journal: Journal | undefined) {
    this.#log = log
    this.#journal = journal
  }

  static async start({ paths, runId, clock, log }: Context, header: RunHeader): Promise<RunRecord> {
    try {
      const journal = await Journal.open(join(runsOf(paths.state), runId), {
        fsync: 'never',
        clock,
        lock: path => acquireLock(path, { runId, command: header.kind, clock }),
      })
      journal.append(recordType.header, { ...header })
      await journal.flush()
      await prune(paths.state)
      return new RunRecord(log, journal)
    } catch (error) {
      log('warn', 'this run is not recorded: @failed will name the hosts of an earlier one', { error })
      return new RunRecord(log, undefined)
    }
  }

  add(item: Item): void {
    try {
      const ok = item.outcome === 'ok' || item.outcome === 'changed'
      this.#journal?.append(recordType.result, { host: item.host ?? '', ok })
    } catch (error) {
      this.#giveUp(error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal?.[Symbol.asyncDispose]().catch(error => this.#giveUp(error))
  }

  #giveUp(error: unknown): void {
    this.#journal = undefined
    this.#log('warn', 'the record of this run is incomplete: @failed will name too many hosts', { error })
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
  const journal = await Journal.inspect(directory)
  for await (const { type, payload } of journal.read()) {
    const record = JSON.parse(new TextDecoder().decode(payload))
    if (type === recordType.header) open = new Set((record as RunHeader).hosts)
    else if (record.ok) open?.delete(record.host)
  }
  return open && [...open]
}

const runsOf = (state: string): string => join(state, 'runs')

async function runIds(state: string): Promise<string[]> {
  try {
    return (await readdir(runsOf(state))).sort()
  } catch {
    return []
  }
}

/** Removes the oldest runs. One that goes on stays: its record and its spilled output are still written. */
async function prune(state: string): Promise<void> {
  const ids = await runIds(state)
  for (const directory of ids.slice(0, -keptRuns).map(runId => join(runsOf(state), runId))) {
    const goesOn = (await lockHolder(join(directory, 'lock'))) !== undefined
    if (!goesOn) await rm(directory, { recursive: true, force: true })
  }
}
