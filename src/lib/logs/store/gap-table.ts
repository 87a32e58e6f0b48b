import type { GapRow } from './rows.ts'
import type { StateDatabase } from './state-database.ts'

/** Gaps that are kept one by one of each source; all are counted. */
const gapsKept = 1000

/** What is lost of streams. */
export class GapTable {
  readonly #database: StateDatabase

  constructor(database: StateDatabase) {
    this.#database = database
  }

  /** All gaps of a source that ever were, in numbers: `unknown` of them are of a size that nobody knows. */
  of(source: string): { readonly count: number; readonly bytes: number; readonly unknown: number } {
    const [row] = this.#database.all('SELECT * FROM gaps WHERE source = ?', source)
    return { count: Number(row?.['count'] ?? 0), bytes: Number(row?.['bytes'] ?? 0), unknown: Number(row?.['unknown'] ?? 0) }
  }

  /** Newest first. */
  newest(source: string, limit: number): GapRow[] {
    return this.#database.all('SELECT * FROM gap WHERE source = ? ORDER BY seq DESC LIMIT ?', source, limit).map(row => ({
      source,
      stream: String(row['stream']),
      title: String(row['title']),
      at: Number(row['at']),
      from: Number(row['origin']),
      ...(row['bytes'] !== null && { bytes: Number(row['bytes']) }),
      reason: String(row['reason']),
    }))
  }

  /** False where the same gap was told before. @throws OpsError E_STATE */
  add({ source, stream, title, at, from, bytes, reason }: GapRow): boolean {
    if (this.#database.all('SELECT seq FROM gap WHERE stream = ? AND origin = ?', stream, from).length > 0) return false
    this.#database.together(() => {
      this.#database.run(
        'INSERT INTO gap (source, stream, title, at, origin, bytes, reason) VALUES (?, ?, ?, ?, ?, ?, ?)',
        source,
        stream,
        title,
        at,
        from,
        bytes ?? null,
        reason,
      )
      this.#database.run(
        `INSERT INTO gaps (source, count, bytes, unknown) VALUES (?, 1, ?, ?) ON CONFLICT DO UPDATE SET
          count = count + 1, bytes = bytes + excluded.bytes, unknown = unknown + excluded.unknown`,
        source,
        bytes ?? 0,
        bytes === undefined ? 1 : 0,
      )
      this.#database.run(
        'DELETE FROM gap WHERE source = ?1 AND seq <= (SELECT max(seq) FROM gap WHERE source = ?1) - ?2',
        source,
        gapsKept,
      )
    })
    return true
  }
}
