import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import type { Log } from '../core/io.ts'
import type { Item } from '../core/item.ts'
import { unhurriedDisk } from '../journal/disk.ts'
import { Journal } from '../journal/journal.ts'
import { acquireLock } from '../run/lock.ts'

/** What is known of a run before its first host answered. */
export interface RunHeader {
  readonly kind: string
  readonly title: string
  readonly hosts: readonly string[]
}

/** How many verdicts of a run were not good. */
export type RunVerdicts = Readonly<Record<'fail' | 'unknown', number>>

/** Records of the journal of a run, by type. */
export const recordType = { header: 1, result: 2, end: 3 } as const

export const runsOf = (stateDirectory: string): string => join(stateDirectory, 'runs')

/**
 * Writes down who was asked and who answered, as it happens: `--limit @failed` works after a run that was killed as well. Where the
 * state directory can not be written the run goes on without.
 */
export class RunRecord implements AsyncDisposable {
  readonly #log: Log
  readonly #clock: Clock
  readonly #started: number
  #journal: Journal | undefined
  #verdicts: RunVerdicts | undefined

  private constructor({ log, clock }: Pick<Context, 'log' | 'clock'>, journal: Journal | undefined) {
    this.#log = log
    this.#clock = clock
    this.#started = clock.monotonic()
    this.#journal = journal
  }

  static async start(context: Context, header: RunHeader): Promise<RunRecord> {
    const { paths, runId, clock, log } = context
    try {
      const journal = await Journal.open(join(runsOf(paths.state), runId), {
        fsync: 'never',
        disk: unhurriedDisk,
        clock,
        lock: path => acquireLock(path, { runId, command: header.kind, clock }),
      })
      journal.append(recordType.header, { ...header })
      await journal.flush()
      return new RunRecord(context, journal)
    } catch (error) {
      log('warn', 'this run is not recorded: @failed will name the hosts of an earlier one', { error })
      return new RunRecord(context, undefined)
    }
  }

  add(item: Pick<Item, 'host' | 'outcome'>): void {
    const ok = item.outcome === 'ok' || item.outcome === 'changed'
    this.#append(recordType.result, { host: item.host ?? '', ok })
  }

  /** Of a run that judged something: told at its end. */
  judged({ fail, unknown }: RunVerdicts): void {
    this.#verdicts = { fail, unknown }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const durationMs = Math.round(this.#clock.monotonic() - this.#started)
    this.#append(recordType.end, { durationMs, ...(this.#verdicts && { verdicts: { ...this.#verdicts } }) })
    await this.#journal?.[Symbol.asyncDispose]().catch(error => this.#giveUp(error))
  }

  #append(type: number, record: Parameters<Journal['append']>[1]): void {
    try {
      this.#journal?.append(type, record)
    } catch (error) {
      this.#giveUp(error)
    }
  }

  #giveUp(error: unknown): void {
    this.#journal = undefined
    this.#log('warn', 'the record of this run is incomplete: @failed will name too many hosts', { error })
  }
}
