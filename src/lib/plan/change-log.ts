import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { Journal } from '../journal/journal.ts'
import { acquireLock } from '../run/lock.ts'
import { ChangeState } from './change-state.ts'
import { type PlanRecord, planRecordType } from './record.ts'

/** Room for the records of an undo on a disk that is full: reserved before anything is changed. */
const reserveBytes = 1024 * 1024

/** The journal of one change and the state that follows from it. */
export class ChangeLog implements AsyncDisposable {
  /** The run that made the change. */
  readonly changeId: string
  readonly state: ChangeState
  readonly #journal: Journal

  private constructor(changeId: string, journal: Journal, state: ChangeState) {
    this.changeId = changeId
    this.#journal = journal
    this.state = state
  }

  /** Begins the journal of this run, or goes on with that of another. @throws OpsError E_STATE, E_LOCKED */
  static async open({ paths, clock, runId, passed }: Context, changeId = runId): Promise<ChangeLog> {
    const directory = changeDirectory(paths.state, changeId)
    const state = await ChangeLog.read(paths.state, changeId)
    const journal = await Journal.open(directory, {
      clock,
      fsync: 'never',
      preallocateBytes: reserveBytes,
      ...(passed && { onPoint: passed }),
      lock: path => acquireLock(path, { runId, command: 'change', clock }),
    })
    return new ChangeLog(changeId, journal, state)
  }

  /** What a change has come to, without touching it; empty when there is none. */
  static async read(stateDirectory: string, changeId: string): Promise<ChangeState> {
    const state = new ChangeState()
    if (!existsSync(changeDirectory(stateDirectory, changeId))) return state
    const journal = await Journal.inspect(changeDirectory(stateDirectory, changeId))
    for await (const { type, payload } of journal.read()) {
      if (type !== planRecordType) throw new OpsError('E_STATE', `run ${changeId} has a journal of another kind`)
      state.apply(JSON.parse(new TextDecoder().decode(payload)))
    }
    return state
  }

  /** Takes a record up; it reaches the disk with the next one that has to. */
  note(record: PlanRecord): void {
    this.#journal.append(planRecordType, Buffer.from(JSON.stringify(record)))
    this.state.apply(record)
  }

  /** Settles when the record is durable. Hosts that wait at the same time share one fsync. @throws OpsError E_STATE */
  async commit(record: PlanRecord): Promise<void> {
    this.note(record)
    await this.#journal.sync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal.sync()
    await this.#journal[Symbol.asyncDispose]()
  }
}

const changeDirectory = (state: string, runId: string): string => join(state, 'runs', runId, 'change')
