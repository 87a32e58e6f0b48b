import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Alert } from '../../core/alert.ts'
import type { Reason } from '../../core/item.ts'
import type { Heartbeat } from '../../probe/index.ts'
import type { Level } from '../standing/level.ts'
import type { Standing } from '../standing/standing.ts'
import { openDatabase, wrongHistory } from './schema.ts'

/** What one look came to, as a row of the history. */
export interface LookRow {
  readonly at: number
  readonly level: Level
  readonly ms: number
  readonly reason?: Reason
  readonly message: string
  /** Of a bad one: what was seen. */
  readonly evidence?: string
}

/** Everything that one look changed, committed together: none of it or all of it outlives a kill. */
export interface Change {
  readonly id: string
  readonly standing: Standing
  /** When each dimension is due, milliseconds since 1970. */
  readonly due: Readonly<Record<string, number>>
  readonly look?: LookRow
  /** To be raised; it stays in the outbox until `raised`. */
  readonly alert?: Alert
}

/** What is committed together. */
export interface Batch {
  readonly changes: readonly Change[]
  /** Names of beats that nobody has heard yet, and since when they are waited for. */
  readonly awaited: ReadonlyMap<string, number>
  /** Last ones, by name. */
  readonly beats: ReadonlyMap<string, Heartbeat>
  /** Checks that are no longer made, and since when. */
  readonly gone: ReadonlyMap<string, number>
}

export interface Saved {
  readonly standing: Standing
  readonly due: Readonly<Record<string, number>>
}

/** Looks that are kept of each check, and bad ones besides: good ones do not drive bad ones out. */
export const kept = { results: 120, failures: 50 } as const
const maxEvidence = 8192
/** What the column `failed` of a beat holds. */
const beatOf = { success: 0, failure: 1, none: 2 } as const
const hourMs = 3_600_000
const dayMs = 86_400_000
/** Checks that are gone for so long are forgotten. */
const goneForMs = 7 * dayMs
/** Hours and incidents that are kept. */
const hoursKeptMs = 91 * dayMs
const incidentsKeptMs = 400 * dayMs

/** The memory of a patrol: one file, written by one process. Synchronous, since each commit is a fraction of a millisecond. */
export class History implements Disposable {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #keys = new Map<string, Watched>()
  readonly #prepared = new Map<string, StatementSync>()

  /** @throws OpsError E_STATE */
  constructor(path: string) {
    this.#path = path
    this.#database = openDatabase(path)
    try {
      for (const row of this.read(() => this.#sql('SELECT id, key, results, failures FROM watched').all()))
        this.#keys.set(String(row['id']), {
          key: Number(row['key']),
          results: Number(row['results']),
          failures: Number(row['failures']),
        })
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  /** For questions: see read-history.ts. */
  get database(): DatabaseSync {
    return this.#database
  }

  keyOf(id: string): number | undefined {
    return this.#keys.get(id)?.key
  }

  /** What the file holds, and the file alone can have spoilt. @throws OpsError E_STATE when it is damaged */
  read<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw wrongHistory(this.#path, 'is damaged', { cause: error })
    }
  }

  /** All of some work, or none. @throws OpsError E_STATE when the disk takes nothing */
  write(work: () => void): void {
    try {
      this.#transaction(work)
    } catch (error) {
      throw wrongHistory(this.#path, 'can not be written', { cause: error, hint: 'make room on its disk; nothing was changed' })
    }
  }

  /** How checks stood when the last process ended, those included that nobody asks for any more. @throws OpsError E_STATE */
  saved(): Map<string, Saved> {
    return this.read(() => {
      const rows = this.#sql('SELECT id, standing, due FROM watched WHERE gone IS NULL').all()
      return new Map(
        rows.map(({ id, standing, due }) => [
          String(id),
          { standing: JSON.parse(String(standing)), due: JSON.parse(String(due)) },
        ]),
      )
    })
  }

  /** Commits all of it at once. @throws when the disk is full: nothing of it is kept then */
  commit({ changes, awaited, beats, gone }: Batch): void {
    const before = new Map<string, Watched | undefined>()
    this.#transaction(
      () => {
        for (const change of changes) {
          if (!before.has(change.id)) before.set(change.id, this.#keys.get(change.id))
          this.#write(change)
        }
        for (const [name, since] of awaited)
          this.#sql('INSERT OR IGNORE INTO heartbeat VALUES (?, ?, NULL, ?)').run(name, since, beatOf.none)
        for (const [name, { at, message, isFailure }] of beats)
          this.#sql('REPLACE INTO heartbeat VALUES (?, ?, ?, ?)').run(
            name,
            at,
            message ?? null,
            isFailure ? beatOf.failure : beatOf.success,
          )
        for (const [id, at] of gone) this.#sql('UPDATE watched SET gone = ? WHERE id = ?').run(at, id)
      },
      () => {
        for (const [id, watched] of before) {
          if (watched) this.#keys.set(id, watched)
          else this.#keys.delete(id)
        }
      },
    )
  }

  /** Alerts that were committed and are not known to be raised, oldest first. */
  outbox(limit = 1000): readonly { readonly seq: number; readonly alert: Alert }[] {
    const rows = this.#sql('SELECT seq, alert FROM outbox ORDER BY seq LIMIT ?').all(limit)
    return rows.map(row => ({ seq: Number(row['seq']), alert: JSON.parse(String(row['alert'])) }))
  }

  /** Those up to this one are in the care of the channels. */
  raised(seq: number): void {
    this.#sql('DELETE FROM outbox WHERE seq <= ?').run(seq)
  }

  /** The last beat of each name. @throws OpsError E_STATE */
  beats(): Map<string, Heartbeat> {
    const rows = this.read(() => this.#sql('SELECT * FROM heartbeat WHERE failed <> ?').all(beatOf.none))
    return new Map(
      rows.map(({ name, at, message, failed }) => {
        const told = typeof message === 'string' && { message }
        return [String(name), { at: Number(at), ...told, ...(failed === beatOf.failure && { isFailure: true as const }) }]
      }),
    )
  }

  /** Since when beats are waited for that never came, by name. @throws OpsError E_STATE */
  awaited(): Map<string, number> {
    const rows = this.read(() => this.#sql('SELECT name, at FROM heartbeat WHERE failed = ?').all(beatOf.none))
    return new Map(rows.map(({ name, at }) => [String(name), Number(at)]))
  }

  /** Forgets what is too old to be asked for. @throws when the disk is full: nothing is forgotten then */
  prune(now: number): void {
    const forgotten: string[] = []
    this.#transaction(() => {
      // By key, since the hours of all together are many.
      this.#sql('DELETE FROM hour WHERE key IN (SELECT key FROM watched) AND hour < ?').run(
        Math.floor((now - hoursKeptMs) / hourMs),
      )
      this.#sql('DELETE FROM incident WHERE ended IS NOT NULL AND ended < ?').run(now - incidentsKeptMs)
      for (const { id, key } of this.#sql('SELECT id, key FROM watched WHERE gone < ?').all(now - goneForMs)) {
        for (const table of ['result', 'failure', 'hour']) this.#sql(`DELETE FROM ${table} WHERE key = ?`).run(Number(key))
        this.#sql('DELETE FROM watched WHERE key = ?').run(Number(key))
        forgotten.push(String(id))
      }
    })
    for (const id of forgotten) this.#keys.delete(id)
  }

  [Symbol.dispose](): void {
    this.#prepared.clear()
    this.#database.close()
  }

  #write({ id, standing, due, look, alert }: Change): void {
    const known = this.#keys.get(id)
    const numbers = {
      results: (known?.results ?? 0) + (look ? 1 : 0),
      failures: (known?.failures ?? 0) + (look && look.level !== 'pass' ? 1 : 0),
    }
    const { key } = this.#sql(
      `INSERT INTO watched (id, standing, due, results, failures) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
       standing = excluded.standing, due = excluded.due, results = excluded.results, failures = excluded.failures, gone = NULL
       RETURNING key`,
    ).get(id, JSON.stringify(standing), JSON.stringify(due), numbers.results, numbers.failures) as { key: number }
    this.#keys.set(id, { key, ...numbers })
    if (look) this.#writeLook(look, { key, ...numbers })
    if (alert) this.#writeAlert(alert, id)
  }

  #writeLook({ at, level, ms, reason, message, evidence }: LookRow, { key, results, failures }: Watched): void {
    this.#sql('REPLACE INTO result VALUES (?, ?, ?, ?, ?, ?, ?)').run(
      key,
      results % kept.results,
      at,
      level,
      ms,
      reason ?? null,
      message,
    )
    const isBad = level === 'fail' || level === 'unknown'
    if (level !== 'pass') {
      const seen = evidence?.slice(0, maxEvidence) ?? null
      this.#sql('REPLACE INTO failure VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
        key,
        failures % kept.failures,
        at,
        level,
        ms,
        reason ?? null,
        message,
        seen,
      )
    }
    this.#sql(
      `INSERT INTO hour VALUES (?, ?, 1, ?, ?, ?, ?) ON CONFLICT (key, hour) DO UPDATE SET looks = looks + 1, warned = warned + excluded.warned,
       bad = bad + excluded.bad, ms_sum = ms_sum + excluded.ms_sum, ms_max = max(ms_max, excluded.ms_max)`,
    ).run(key, Math.floor(at / hourMs), level === 'warn' ? 1 : 0, isBad ? 1 : 0, ms, ms)
  }

  #writeAlert(alert: Alert, watched: string): void {
    const { incident, startedAt, endedAt, severity, reason, summary, labels, status } = alert
    this.#sql('INSERT INTO outbox (alert) VALUES (?)').run(JSON.stringify(alert))
    if (status === 'resolved')
      this.#sql('UPDATE incident SET ended = ? WHERE id = ?').run(Date.parse(endedAt ?? startedAt), incident)
    else
      this.#sql(
        `INSERT INTO incident VALUES (?, ?, ?, NULL, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET severity = excluded.severity,
         reason = excluded.reason, summary = excluded.summary`,
      ).run(incident, watched, Date.parse(startedAt), severity, reason ?? null, summary, JSON.stringify(labels))
  }

  #transaction(work: () => void, undo?: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#database.exec('COMMIT')
    } catch (error) {
      try {
        this.#database.exec('ROLLBACK')
      } catch {
        // A full disk rolls back by itself.
      }
      undo?.()
      throw error
    }
  }

  #sql(text: string): StatementSync {
    const known = this.#prepared.get(text) ?? this.#database.prepare(text)
    this.#prepared.set(text, known)
    return known
  }
}

interface Watched {
  readonly key: number
  readonly results: number
  readonly failures: number
}
