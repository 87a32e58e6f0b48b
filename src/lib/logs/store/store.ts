import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Json } from '../../core/json.ts'
import { DiskReserve } from './disk-reserve.ts'
import { lookAtDatabase, openDatabase, wrongStore } from './schema.ts'

export interface StreamRow {
  readonly id: string
  readonly source: string
  readonly identity: Json
  readonly title: string
  /** Milliseconds since 1970. */
  readonly begunAt: number
  /** Where it ends, once nothing more comes of it. */
  readonly endsAt?: number
  /** What whoever goes on in its middle has to know of its beginning. */
  readonly memory?: Json
}

/** How far a sink is in a stream: see the tables. */
export interface Place {
  readonly safe: number
  readonly token?: Json
  readonly delivered: number
  /** Where each piece of what was being sent ends, ascending. */
  readonly sending?: readonly number[]
}

/** What one range of a stream adds to what is known of it and a sink. */
export interface Advance {
  /** Absent where only the ledger changes. */
  readonly stream?: string
  readonly source: string
  /** Reading goes on here; absent where only what was spooled before is delivered. */
  readonly safe?: number
  readonly token?: Json
  /** All before is delivered. */
  readonly delivered?: number
  /** To be added to the ledger of the source and the sink. */
  readonly counts: Partial<LedgerCounts>
}

/** For each sink and source: `records` = `delivered` + `dead` + `spooled` + `dropped`, at every moment. */
export interface LedgerCounts {
  /** Lines that were read, with blank ones and what filters leave out. */
  readonly lines: number
  /** In what the source counts by. */
  readonly bytes: number
  /** Of the lines, those that this sink is to get. */
  readonly records: number
  readonly delivered: number
  readonly dead: number
  readonly spooled: number
  readonly dropped: number
}

/** What is committed together when a sink acknowledged, or something was put by for it. */
export interface Commit {
  readonly sink: string
  readonly advances: readonly Advance[]
  /** What the sink is opened with next time. */
  readonly state?: Json
  /** The next record of its spool that it wants. */
  readonly spoolNext?: number
  /** Behind the last record of its spool that is counted. */
  readonly spoolEnd?: number
  /** Sequences of dead letters that are no letters any more by what is committed: to be removed, again after a kill. */
  readonly replayed?: readonly number[]
}

export interface GapRow {
  readonly source: string
  readonly stream: string
  readonly title: string
  readonly at: number
  readonly from: number
  readonly bytes?: number
  readonly reason: string
}

export interface LedgerRow extends LedgerCounts {
  readonly source: string
  readonly sink: string
}

/** Gaps that are kept one by one of each source; all are counted. */
const gapsKept = 1000

/** No sink can have a blank in its name. */
const replayedOf = 'replayed '

const counted = ['lines', 'bytes', 'records', 'delivered', 'dead', 'spooled', 'dropped'] as const

/** The memory of a pipeline: one file, written by one process, read by any. Synchronous, since a commit is some 30 µs and waits for no disk. */
export class Store implements Disposable {
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #statements = new Map<string, StatementSync>()
  /** A spool may fill the disk: what is delivered of it must be remembered all the same, else it could never be made smaller. */
  readonly #reserve: DiskReserve | undefined

  /** @throws OpsError E_STATE */
  constructor(path: string, { onlyLooks = false } = {}) {
    this.#path = path
    this.#reserve = onlyLooks ? undefined : new DiskReserve(`${path}.reserve`)
    this.#database = onlyLooks ? lookAtDatabase(path) : openDatabase(path)
  }

  streams(source?: string): StreamRow[] {
    const rows =
      source === undefined ? this.#all('SELECT * FROM stream') : this.#all('SELECT * FROM stream WHERE source = ?', source)
    return rows.map(row => ({
      id: String(row['id']),
      source: String(row['source']),
      identity: JSON.parse(String(row['identity'])),
      title: String(row['title']),
      begunAt: Number(row['begun']),
      ...(row['size'] !== null && { endsAt: Number(row['size']) }),
      ...(row['memory'] !== null && { memory: JSON.parse(String(row['memory'])) }),
    }))
  }

  /** Some streams of a source, by their ids, behind `after`: for who looks at many. */
  streamsFrom({
    source,
    after,
    limit,
  }: {
    readonly source: string
    readonly after: string
    readonly limit: number
  }): Pick<StreamRow, 'id' | 'title' | 'endsAt'>[] {
    const sql = 'SELECT id, title, size FROM stream WHERE source = ? AND id > ? ORDER BY id LIMIT ?'
    return this.#all(sql, source, after, limit).map(({ id, title, size }) => ({
      id: String(id),
      title: String(title),
      ...(size !== null && { endsAt: Number(size) }),
    }))
  }

  /** By sink. */
  places(stream: string): Map<string, Place> {
    return new Map(this.#all('SELECT * FROM place WHERE stream = ?', stream).map(row => [String(row['sink']), placeOf(row)]))
  }

  /** Of one sink, by stream. */
  placesOf(sink: string): Map<string, Place> {
    return new Map(this.#all('SELECT * FROM place WHERE sink = ?', sink).map(row => [String(row['stream']), placeOf(row)]))
  }

  sink(name: string): { readonly state?: Json; readonly spoolNext?: number; readonly spoolEnd?: number } {
    const [row] = this.#all('SELECT * FROM sink WHERE name = ?', name)
    return {
      ...(typeof row?.['state'] === 'string' && { state: JSON.parse(row['state']) }),
      ...(typeof row?.['spool_end'] === 'number' && { spoolEnd: row['spool_end'] }),
      ...(typeof row?.['spool_next'] === 'number' && { spoolNext: row['spool_next'] }),
    }
  }

  /** What the last commit of each sink said of dead letters: they may not be removed yet. */
  replayed(): number[] {
    return this.#all('SELECT state FROM sink WHERE name LIKE ?', `${replayedOf}%`).flatMap(row =>
      JSON.parse(String(row['state'])),
    )
  }

  ledger(): LedgerRow[] {
    return this.#all('SELECT * FROM ledger ORDER BY source, sink').map(row => ({
      source: String(row['source']),
      sink: String(row['sink']),
      lines: Number(row['lines']),
      bytes: Number(row['bytes']),
      records: Number(row['records']),
      delivered: Number(row['delivered']),
      dead: Number(row['dead']),
      spooled: Number(row['spooled']),
      dropped: Number(row['dropped']),
    }))
  }

  /** All gaps of a source that ever were, in numbers: `unknown` of them are of a size that nobody knows. */
  gaps(source: string): { readonly count: number; readonly bytes: number; readonly unknown: number } {
    const [row] = this.#all('SELECT * FROM gaps WHERE source = ?', source)
    return { count: Number(row?.['count'] ?? 0), bytes: Number(row?.['bytes'] ?? 0), unknown: Number(row?.['unknown'] ?? 0) }
  }

  /** Newest first. */
  newestGaps(source: string, limit: number): GapRow[] {
    return this.#all('SELECT * FROM gap WHERE source = ? ORDER BY seq DESC LIMIT ?', source, limit).map(row => ({
      source,
      stream: String(row['stream']),
      title: String(row['title']),
      at: Number(row['at']),
      from: Number(row['origin']),
      ...(row['bytes'] !== null && { bytes: Number(row['bytes']) }),
      reason: String(row['reason']),
    }))
  }

  /** @throws OpsError E_STATE */
  begin(row: Omit<StreamRow, 'endsAt' | 'memory'>): void {
    const { id, source, identity, title, begunAt } = row
    this.#run(
      'INSERT INTO stream (id, source, identity, title, begun) VALUES (?, ?, ?, ?, ?)',
      id,
      source,
      JSON.stringify(identity),
      title,
      begunAt,
    )
  }

  /** @throws OpsError E_STATE */
  describe(id: string, identity: Json, title: string): void {
    this.#run('UPDATE stream SET identity = ?, title = ? WHERE id = ?', JSON.stringify(identity), title, id)
  }

  /** Keeps what a reader of the stream has to know in its middle. @throws OpsError E_STATE */
  remember(id: string, memory: Json): void {
    this.#run('UPDATE stream SET memory = ? WHERE id = ?', JSON.stringify(memory), id)
  }

  /** Tells that nothing more comes of a stream, and where it ends. @throws OpsError E_STATE */
  end(id: string, { at, endsAt }: { readonly at: number; readonly endsAt: number }): void {
    this.#run('UPDATE stream SET ended = ?, size = ? WHERE id = ?', at, endsAt, id)
  }

  /** Forgets a stream and where its sinks are in it. @throws OpsError E_STATE */
  forget(id: string): void {
    this.#together(() => {
      this.#run('DELETE FROM place WHERE stream = ?', id)
      this.#run('DELETE FROM stream WHERE id = ?', id)
    })
  }

  /** Says where each piece ends of what is being sent, by stream, so that after a kill it is cut and sent as it was. @throws OpsError E_STATE */
  sending(sink: string, ends: ReadonlyMap<string, readonly number[]>): void {
    this.#together(() => {
      for (const [stream, each] of ends)
        this.#run(
          'INSERT INTO place (stream, sink, safe, delivered, sending) VALUES (?, ?, 0, 0, ?) ON CONFLICT DO UPDATE SET sending = excluded.sending',
          stream,
          sink,
          JSON.stringify(each),
        )
    })
  }

  /**
   * To be called when nothing waits for a sink, in its spool neither: what still counts as spooled is what a damaged disk took, and is
   * counted as dropped. How much that is. @throws OpsError E_STATE
   */
  settle(sink: string): number {
    const [row] = this.#all('SELECT sum(spooled) AS lost FROM ledger WHERE sink = ?', sink)
    this.#together(() => {
      this.#run('UPDATE place SET delivered = safe WHERE sink = ? AND delivered < safe', sink)
      this.#run('UPDATE ledger SET dropped = dropped + spooled, spooled = 0 WHERE sink = ? AND spooled <> 0', sink)
    })
    return Number(row?.['lost'] ?? 0)
  }

  /** Settles when all that was committed survives a power cut: before what it stands for is thrown away. @throws OpsError E_STATE */
  secure(): void {
    this.#all('PRAGMA wal_checkpoint(PASSIVE)')
  }

  /** There may be room on the disk again. */
  reserve(): void {
    this.#reserve?.fill()
  }

  /** All of it or nothing. @throws OpsError E_STATE, when the disk is full too: to be tried again */
  commit(...commits: readonly Commit[]): void {
    this.#together(() => {
      for (const commit of commits) this.#commit(commit)
    })
  }

  /** False where the same gap was told before. @throws OpsError E_STATE */
  gap({ source, stream, title, at, from, bytes, reason }: GapRow): boolean {
    if (this.#all('SELECT seq FROM gap WHERE stream = ? AND origin = ?', stream, from).length > 0) return false
    this.#together(() => {
      this.#run(
        'INSERT INTO gap (source, stream, title, at, origin, bytes, reason) VALUES (?, ?, ?, ?, ?, ?, ?)',
        source,
        stream,
        title,
        at,
        from,
        bytes ?? null,
        reason,
      )
      this.#run(
        `INSERT INTO gaps (source, count, bytes, unknown) VALUES (?, 1, ?, ?) ON CONFLICT DO UPDATE SET
          count = count + 1, bytes = bytes + excluded.bytes, unknown = unknown + excluded.unknown`,
        source,
        bytes ?? 0,
        bytes === undefined ? 1 : 0,
      )
      this.#run(
        'DELETE FROM gap WHERE source = ?1 AND seq <= (SELECT max(seq) FROM gap WHERE source = ?1) - ?2',
        source,
        gapsKept,
      )
    })
    return true
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }

  #commit({ sink, advances, state, spoolNext, spoolEnd, replayed }: Commit): void {
    for (const advance of advances) this.#advance(sink, advance)
    if (replayed !== undefined)
      this.#run(
        'INSERT INTO sink (name, state) VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state',
        `${replayedOf}${sink}`,
        JSON.stringify(replayed),
      )
    if (state === undefined && spoolNext === undefined && spoolEnd === undefined) return
    this.#run(
      `INSERT INTO sink (name, state, spool_next, spool_end) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
          state = coalesce(excluded.state, state), spool_next = coalesce(excluded.spool_next, spool_next),
          spool_end = coalesce(excluded.spool_end, spool_end)`,
      sink,
      state === undefined ? null : JSON.stringify(state),
      spoolNext ?? null,
      spoolEnd ?? null,
    )
  }

  #advance(sink: string, { stream, source, safe, token, delivered, counts }: Advance): void {
    this.#count({ sink, source, counts })
    if (stream === undefined || (safe === undefined && delivered === undefined)) return
    this.#run(
      `INSERT INTO place (stream, sink, safe, token, delivered) VALUES (?1, ?2, coalesce(?3, 0), ?4, coalesce(?5, 0)) ON CONFLICT DO UPDATE SET
        safe = coalesce(?3, safe), token = CASE WHEN ?3 IS NULL THEN token ELSE ?4 END, delivered = coalesce(?5, delivered),
        sending = CASE WHEN json_extract(sending, '$[#-1]') <= coalesce(?3, safe) THEN NULL ELSE sending END`,
      stream,
      sink,
      safe ?? null,
      token === undefined ? null : JSON.stringify(token),
      delivered ?? null,
    )
  }

  #count({
    sink,
    source,
    counts,
  }: {
    readonly sink: string
    readonly source: string
    readonly counts: Partial<LedgerCounts>
  }): void {
    this.#run(
      `INSERT INTO ledger (source, sink, ${counted.join(', ')}) VALUES (?, ?, ${counted.map(() => '?').join(', ')})
        ON CONFLICT DO UPDATE SET ${counted.map(name => `${name} = ${name} + excluded.${name}`).join(', ')}`,
      source,
      sink,
      ...counted.map(name => counts[name] ?? 0),
    )
  }

  #together(work: () => void): void {
    try {
      this.#transaction(work)
    } catch (error) {
      if (!isFull(error) || !this.#reserve?.release()) throw error
      this.#transaction(work)
    }
  }

  #transaction(work: () => void): void {
    this.#run('BEGIN IMMEDIATE')
    try {
      work()
      this.#run('COMMIT')
    } catch (error) {
      try {
        this.#database.exec('ROLLBACK')
      } catch {
        // A failed commit has rolled back already.
      }
      throw error
    }
  }

  #all(sql: string, ...values: (string | number)[]): Record<string, unknown>[] {
    try {
      return this.#prepared(sql).all(...values)
    } catch (cause) {
      throw wrongStore(this.#path, 'can not be read', { cause })
    }
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    try {
      this.#prepared(sql).run(...values)
    } catch (cause) {
      throw wrongStore(this.#path, 'can not be written', { cause })
    }
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

const placeOf = (row: Record<string, unknown>): Place => ({
  safe: Number(row['safe']),
  delivered: Number(row['delivered']),
  ...(row['token'] !== null && { token: JSON.parse(String(row['token'])) }),
  ...(row['sending'] !== null && { sending: JSON.parse(String(row['sending'])) }),
})

/** SQLite tells of a write-ahead log that can not grow in either way. */
const isFull = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof Error && /disk is full|disk I\/O/i.test(error.cause.message)
