import type { DatabaseSync } from 'node:sqlite'
import { OpsError, type OpsErrorDetails } from '../../core/errors.ts'
import { openPrivateDatabase } from '../../run/private-database.ts'

/** What the tables look like; another number is another form. */
const form = 1

const tables = `
  CREATE TABLE watched (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, standing TEXT NOT NULL, due TEXT NOT NULL,
    results INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, gone INTEGER);
  CREATE TABLE result (key INTEGER NOT NULL, slot INTEGER NOT NULL, at INTEGER NOT NULL, level TEXT NOT NULL, ms REAL NOT NULL,
    reason TEXT, message TEXT NOT NULL, PRIMARY KEY (key, slot)) WITHOUT ROWID;
  CREATE TABLE failure (key INTEGER NOT NULL, slot INTEGER NOT NULL, at INTEGER NOT NULL, level TEXT NOT NULL, ms REAL NOT NULL,
    reason TEXT, message TEXT NOT NULL, evidence TEXT, PRIMARY KEY (key, slot)) WITHOUT ROWID;
  CREATE TABLE hour (key INTEGER NOT NULL, hour INTEGER NOT NULL, looks INTEGER NOT NULL, warned INTEGER NOT NULL, bad INTEGER NOT NULL,
    ms_sum REAL NOT NULL, ms_max REAL NOT NULL, PRIMARY KEY (key, hour)) WITHOUT ROWID;
  CREATE TABLE incident (id TEXT PRIMARY KEY, watched TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER, severity TEXT NOT NULL,
    reason TEXT, summary TEXT NOT NULL, labels TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX incident_by_start ON incident (started);
  CREATE INDEX incident_by_watched ON incident (watched, started);
  CREATE INDEX incident_open ON incident (started) WHERE ended IS NULL;
  CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, alert TEXT NOT NULL);
  CREATE TABLE heartbeat (name TEXT PRIMARY KEY, at INTEGER NOT NULL, message TEXT, failed INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE registered (name TEXT PRIMARY KEY, definition TEXT NOT NULL, source TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE switched_off (name TEXT PRIMARY KEY) WITHOUT ROWID;
`

/** An error about the file itself. */
export const wrongHistory = (path: string, problem: string, details: OpsErrorDetails = {}): OpsError =>
  new OpsError('E_STATE', `the history of the patrol at ${path} ${problem}`, {
    hint: 'move the file away to begin a new one',
    ...details,
  })

/**
 * Opens the database of a patrol, made where there is none. What is committed survives kill -9 and a power cut.
 * @throws OpsError E_STATE
 */
export const openDatabase = (path: string): DatabaseSync =>
  openPrivateDatabase(path, { form, tables, synchronous: 'FULL', wrong: wrongHistory })
