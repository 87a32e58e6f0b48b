import { readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '../core/errno.ts'
import { systemDisk } from '../journal/disk.ts'
import { writeFileAtomic } from '../run/atomic-write.ts'
import { cannotWrite } from '../run/cannot-write.ts'
import { unfinishedRunsOf } from './unfinished-runs.ts'

/** A change that was killed or could not be taken back wholly. */
export interface UnfinishedChange {
  readonly runId: string
  readonly name: string
  /** Those on which something of it stands; empty where nobody can tell. */
  readonly hosts: readonly string[]
}

/**
 * A file for each change that has begun and not ended, so that whoever begins another one need not read the journals of all that ever
 * were. It is durable before the change does anything, empty while the change goes on, then tells what stands, and goes when nothing does.
 * One that is empty although nobody works on the change is of a process that was killed: only the journal tells more.
 */
export class UnfinishedMark {
  readonly #directory: string
  readonly #runId: string

  constructor(stateDirectory: string, runId: string) {
    this.#directory = unfinishedRunsOf(stateDirectory)
    this.#runId = runId
  }

  /** Says durably that the change goes on. @throws OpsError E_STATE */
  async begin(): Promise<void> {
    try {
      await systemDisk.makeDirectory(this.#directory)
      await writeFile(this.#path, '', { mode: 0o600 })
      await systemDisk.syncDirectory(this.#directory)
    } catch (error) {
      throw cannotWrite({ path: this.#path, error, code: 'E_STATE' })
    }
  }

  /** Says what stands; that it is lost by a power cut costs a look at the journal. @throws OpsError E_STATE */
  async tell(change: UnfinishedChange): Promise<void> {
    await writeFileAtomic(this.#path, JSON.stringify(change), { mode: 0o600, fsync: false, code: 'E_STATE' })
  }

  async clear(): Promise<void> {
    await unlink(this.#path).catch(ignoreMissing)
  }

  /** What stands; undefined when only the journal tells. */
  async read(): Promise<UnfinishedChange | undefined> {
    const text = await readFile(this.#path, 'utf8').catch(() => '')
    try {
      return JSON.parse(text) as UnfinishedChange
    } catch {
      return undefined
    }
  }

  get #path(): string {
    return join(this.#directory, this.#runId)
  }
}

function ignoreMissing(error: unknown): void {
  if (errnoOf(error) !== 'ENOENT') throw error
}
