import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { promptDisk, systemDisk } from '../journal/disk.ts'
import { Journal } from '../journal/journal.ts'
import { readRecords } from '../journal/read.ts'
import { acquireLock } from '../run/lock.ts'
import { ChangeState } from './change-state.ts'
import { type PlanRecord, planRecordType } from './record.ts'
import { hostsStanding, isHalfWay, standingOf } from './standing.ts'
import { type UnfinishedChange, UnfinishedMark } from './unfinished-mark.ts'

/** Room for the records of an undo on a disk that is full: reserved before anything is changed. */
const reserveBytes = 1024 * 1024

type LogContext = Pick<Context, 'paths' | 'clock' | 'runId' | 'passed' | 'log'>

/** The journal of one change and the state that follows from it. */
export class ChangeLog implements AsyncDisposable {
  /** The run that made the change. */
  readonly changeId: string
  readonly state: ChangeState
  readonly #journal: Journal
  readonly #mark: UnfinishedMark
  readonly #warn: (message: string) => void
  /** Something that was told is not on disk. */
  #hasLost = false

  private constructor(parts: ChangeLogParts) {
    this.changeId = parts.changeId
    this.#journal = parts.journal
    this.#mark = parts.mark
    this.state = parts.state
    this.#warn = parts.warn
  }

  /** Begins the journal of this run, or goes on with that of another. @throws OpsError E_STATE, E_LOCKED */
  static async open({ paths, clock, runId, passed, log }: LogContext, changeId = runId): Promise<ChangeLog> {
    const journal = await Journal.open(changeDirectory(paths.state, changeId), {
      clock,
      // Made durable by `sync` where it matters; the names of its files have to outlive a power cut all the same.
      fsync: 'never',
      disk: systemDisk,
      preallocateBytes: reserveBytes,
      ...(passed && { onPoint: passed }),
      lock: path => acquireLock(path, { runId, command: 'change', clock }),
    })
    try {
      const state = await stateOf(journal, changeId)
      const mark = new UnfinishedMark(paths.state, changeId)
      await mark.begin()
      return new ChangeLog({ changeId, journal, state, mark, warn: message => log('warn', message) })
    } catch (error) {
      await journal[Symbol.asyncDispose]()
      throw error
    }
  }

  /** What a change has come to, without touching it; empty when there is none. */
  static async read(stateDirectory: string, changeId: string): Promise<ChangeState> {
    const directory = changeDirectory(stateDirectory, changeId)
    return existsSync(directory) ? stateOf({ read: () => readRecords(promptDisk, directory) }, changeId) : new ChangeState()
  }

  /** What of the change stands half-way; undefined when nothing does, or what stands is meant to. */
  get unfinished(): UnfinishedChange | undefined {
    const { header } = this.state
    if (!header || !isHalfWay(standingOf(this.state))) return undefined
    return { runId: this.changeId, name: header.plan.name, hosts: hostsStanding(this.state) }
  }

  /** Takes a record up; it reaches the disk with the next one that has to. */
  note(record: PlanRecord): void {
    this.#append(record)
    this.state.apply(record)
  }

  /** Settles when the record is durable. Hosts that wait at the same time share one fsync. @throws OpsError E_STATE */
  async commit(record: PlanRecord): Promise<void> {
    this.note(record)
    await this.#journal.sync()
  }

  /**
   * As commit, for what follows from the way back: a journal that takes nothing any more keeps no host from being taken back, since an
   * undo does no harm when it is repeated. It is warned of once.
   */
  async commitIfPossible(record: PlanRecord): Promise<void> {
    this.state.apply(record)
    try {
      this.#append(record)
      await this.#journal.sync()
    } catch (error) {
      this.#lost(error)
    }
  }

  /** Never rejects because the journal takes nothing: what came of the change must still be told. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#journal.sync()
      // While the journal is locked: nobody else works on the change. What is not on disk has to be undone again: the mark stays.
      const { unfinished } = this
      if (!this.#hasLost) await (unfinished ? this.#mark.tell(unfinished) : this.#mark.clear())
    } catch (error) {
      this.#lost(error)
    }
    await this.#journal[Symbol.asyncDispose]().catch(error => this.#lost(error))
  }

  #append(record: PlanRecord): void {
    this.#journal.append(planRecordType, Buffer.from(JSON.stringify(record)))
  }

  #lost(error: unknown): void {
    if (!(error instanceof OpsError) || error.code !== 'E_STATE') throw error
    if (!this.#hasLost) this.#warn(`${error.message}: the journal of this change does not tell all that was taken back`)
    this.#hasLost = true
  }
}

interface ChangeLogParts {
  readonly changeId: string
  readonly journal: Journal
  readonly state: ChangeState
  readonly mark: UnfinishedMark
  readonly warn: (message: string) => void
}

/** @throws OpsError E_STATE */
async function stateOf(journal: Pick<Journal, 'read'>, changeId: string): Promise<ChangeState> {
  const state = new ChangeState()
  for await (const { type, payload } of journal.read()) {
    if (type !== planRecordType) throw new OpsError('E_STATE', `run ${changeId} has a journal of another kind`)
    state.apply(JSON.parse(new TextDecoder().decode(payload)))
  }
  return state
}

export const changeDirectory = (state: string, runId: string): string => join(state, 'runs', runId, 'change')
