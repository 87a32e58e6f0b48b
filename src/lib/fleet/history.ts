import { existsSync } from 'node:fs'
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

  add(item: Pick<Item, 'host' | 'outcome'>): void {
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

/** A run as it was recorded: `open` are the hosts that failed or gave no answer. */
export interface RecordedRun extends RunHeader {
  readonly runId: string
  readonly open: readonly string[]
}

/**
 * The hosts of the newest run that failed or gave no answer.
 * @throws OpsError E_NO_TARGETS when there was no run
 */
export async function lastFailed(state: string): Promise<readonly string[]> {
  for (const runId of (await runIds(state)).reverse()) {
    const run = await readRun(state, runId)
    if (run !== undefined) return run.open
  }
  throw new OpsError('E_NO_TARGETS', '@failed: there is no recorded run', {
    hint: 'it stands for the hosts that failed or did not answer in the last run',
  })
}

/** All recorded runs, oldest first. */
export async function recordedRuns(state: string): Promise<RecordedRun[]> {
  const runs = await Promise.all((await runIds(state)).map(runId => readRun(state, runId)))
  return runs.filter(run => run !== undefined)
}

/** One run; undefined when there is none, or it ended before it was recorded. */
export async function readRun(state: string, runId: string): Promise<RecordedRun | undefined> {
  const directory = join(runsOf(state), runId)
  if (!existsSync(directory)) return undefined
  let header: RunHeader | undefined
  const open = new Set<string>()
  const journal = await Journal.inspect(directory)
  for await (const { type, payload } of journal.read()) {
    const record = JSON.parse(new TextDecoder().decode(payload))
    if (type === recordType.header) {
      header = record as RunHeader
      for (const host of header.hosts) open.add(host)
    } else if (record.ok) open.delete(record.host)
  }
  return header && { runId, ...header, open: [...open] }
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
    // The journal of a change is what it is undone from: it goes only when somebody says so.
    const isChange = existsSync(join(directory, 'change'))
    if (!goesOn && !isChange) await rm(directory, { recursive: true, force: true })
  }
}
