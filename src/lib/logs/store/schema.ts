import { DatabaseSync } from 'node:sqlite'
import { OpsError, type OpsErrorDetails } from '../../core/errors.ts'
import { openPrivateDatabase } from '../../run/private-database.ts'

/** What the tables look like; another number is another form. */
const form = 1

/**
 * `place.safe` is where reading goes on for a sink; what lies between `delivered` and `safe` is in its spool. `sending` is where each piece
 * of what was being sent ends. `stream.size` is where an ended stream ends, `stream.memory` what its reader has to know in its middle.
 * `sink.spool_end` is behind the last record of the spool that stands in `ledger`, which counts records, and what of it is in the spool;
 * `gap` is what is lost, the newest ones of each source.
 */
const tables = `
  CREATE TABLE stream (id TEXT PRIMARY KEY, source TEXT NOT NULL, identity TEXT NOT NULL, title TEXT NOT NULL, begun INTEGER NOT NULL,
    size INTEGER, ended INTEGER, memory TEXT) WITHOUT ROWID;
  CREATE INDEX stream_by_source ON stream (source);
  CREATE TABLE place (stream TEXT NOT NULL, sink TEXT NOT NULL, safe INTEGER NOT NULL, token TEXT, delivered INTEGER NOT NULL,
    sending TEXT, PRIMARY KEY (stream, sink)) WITHOUT ROWID;
  CREATE TABLE sink (name TEXT PRIMARY KEY, state TEXT, spool_next INTEGER, spool_end INTEGER) WITHOUT ROWID;
  CREATE TABLE ledger (source TEXT NOT NULL, sink TEXT NOT NULL, lines INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
    records INTEGER NOT NULL DEFAULT 0, delivered INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0,
    spooled INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (source, sink)) WITHOUT ROWID;
  CREATE TABLE gap (seq INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, stream TEXT NOT NULL, title TEXT NOT NULL,
    at INTEGER NOT NULL, origin INTEGER NOT NULL, bytes INTEGER, reason TEXT NOT NULL);
  CREATE UNIQUE INDEX gap_by_place ON gap (stream, origin);
  CREATE TABLE gaps (source TEXT PRIMARY KEY, count INTEGER NOT NULL, bytes INTEGER NOT NULL, unknown INTEGER NOT NULL) WITHOUT ROWID;
`

/** An error about the file itself. */
export const wrongStore = (path: string, problem: string, details: OpsErrorDetails = {}): OpsError =>
  new OpsError('E_STATE', `what ship-logs remembers, at ${path}, ${problem}`, {
    hint: 'move the directory of the file away to begin anew: everything is read and delivered again',
    ...details,
  })

/**
 * Opens the memory of a pipeline, made where there is none. What is committed survives kill -9; a power cut may take the last commits, all
 * of each or nothing, after which the records of these are delivered again.
 * @throws OpsError E_STATE
 */
export const openDatabase = (path: string): DatabaseSync =>
  openPrivateDatabase(path, { form, tables, synchronous: 'NORMAL', wrong: wrongStore })

/** The same file for whoever only looks, while a pipeline may write there. @throws OpsError E_STATE */
export function lookAtDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true })
    database.exec('PRAGMA busy_timeout = 2000')
    const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
    if (found !== form) throw wrongStore(path, `is of form ${found}, and this opsctl knows form ${form}`)
    return database
  } catch (error) {
    database?.close()
    throw error instanceof OpsError ? error : wrongStore(path, 'can not be read', { cause: error })
  }
}
