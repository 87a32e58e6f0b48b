import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '../core/errno.ts'
import { cannotWrite } from '../run/cannot-write.ts'
import { runsOf } from './run-record.ts'

/**
 * Removes recorded runs whole or not at all: each is renamed out of the runs first, so that one whose removal was cut short is not found
 * again as a run that lacks something.
 */
export class RunTrash {
  readonly #stateDirectory: string

  constructor(stateDirectory: string) {
    this.#stateDirectory = stateDirectory
  }

  /** @throws OpsError E_STATE */
  async take(runId: string): Promise<void> {
    const from = join(runsOf(this.#stateDirectory), runId)
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 })
      await rename(from, join(this.#directory, runId))
    } catch (error) {
      // Another process removes runs as well.
      if (errnoOf(error) !== 'ENOENT' || existsSync(from)) throw cannotWrite({ path: from, error, code: 'E_STATE' })
    }
  }

  /** Deletes what was taken, by a process that was killed as well. @throws OpsError E_STATE */
  async empty(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true }).catch(error => {
      throw cannotWrite({ path: this.#directory, error, code: 'E_STATE' })
    })
  }

  get #directory(): string {
    return join(this.#stateDirectory, 'trash')
  }
}

/** Bytes of all files below a directory. */
export async function bytesBelow(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  let bytes = 0
  for (const file of files)
    bytes += await stat(file).then(
      ({ size }) => size,
      () => 0,
    )
  return bytes
}
