import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { OpsError, type OpsErrorDetails } from '../core/errors.ts'

/** What a database of ours is like. */
export interface DatabaseForm {
  /** What the tables look like, kept as `user_version`; another number is another form. */
  readonly form: number
  /** Makes them where there are none. */
  readonly tables: string
  /** How much of a commit survives a power cut: `FULL` all, `NORMAL` perhaps not the last ones, but no half of one. */
  readonly synchronous: 'FULL' | 'NORMAL'
  /** An error about the file itself. */
  readonly wrong: (path: string, problem: string, details?: OpsErrorDetails) => OpsError
}

const busyMs = 2000

/**
 * Opens a database that only its user may read, made where there is none. What is committed survives kill -9.
 * @throws OpsError as `wrong` makes it
 */
export function openPrivateDatabase(path: string, { form, tables, synchronous, wrong }: DatabaseForm): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    // Made private before SQLite makes it: what it makes beside it is as private.
    closeSync(openSync(path, 'a', 0o600))
    database = new DatabaseSync(path)
    database.exec(`PRAGMA busy_timeout = ${busyMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
    const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
    if (found === 0) database.exec(`BEGIN; ${tables} PRAGMA user_version = ${form}; COMMIT`)
    else if (found !== form) throw wrong(path, `is of form ${found}, and this opsctl knows form ${form}`)
    return database
  } catch (error) {
    database?.close()
    throw error instanceof OpsError ? error : wrong(path, 'can not be opened', { cause: error })
  }
}
