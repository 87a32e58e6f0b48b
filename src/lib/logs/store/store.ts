import type { Json } from '../../core/json.ts'
import { GapTable } from './gap-table.ts'
import type { Advance, Commit, LedgerCounts, LedgerRow, Place, StreamRow } from './rows.ts'
import { StateDatabase } from './state-database.ts'

/** No sink can have a blank in its name. */
const replayedOf = 'replayed '

const counted = ['lines', 'bytes', 'records', 'delivered', 'dead', 'spooled', 'dropped'] as const

/** The memory of a pipeline: one file, written by one process, read by any. Synchronous, since a commit is some 30 µs and waits for no disk. */
export class Store implements Disposable {
  readonly gaps: GapTable
  readonly #database: StateDatabase

  /** @throws OpsError E_STATE */
  constructor(path: string, { onlyLooks = false } = {}) {
    this.#database = new StateDatabase(path, { onlyLooks })
    this.gaps = new GapTable(this.#database)
  }

  streams(source?: string): StreamRow[] {
    const rows =
      source === undefined
        ? this.#database.all('SELECT * FROM stream')
        : this.#database.all('SELECT * FROM stream WHERE source = ?', source)
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
    return this.#database.all(sql, source, after, limit).map(({ id, title, size }) => ({
      id: String(id),
      title: String(title),
      ...(size !== null && { endsAt: Number(size) }),
    }))
  }

  /** By sink. */
  places(stream: string): Map<string, Place> {
    return new Map(
      this.#database.all('SELECT * FROM place WHERE stream = ?', stream).map(row => [String(row['sink']), placeOf(row)]),
    )
  }

  /** Of one sink, by stream. */
  placesOf(sink: string): Map<string, Place> {
    return new Map(
      this.#database.all('SELECT * FROM place WHERE sink = ?', sink).map(row => [String(row['stream']), placeOf(row)]),
    )
  }

  sink(name: string): { readonly state?: Json; readonly spoolNext?: number; readonly spoolEnd?: number } {
    const [row] = this.#database.all('SELECT * FROM sink WHERE name = ?', name)
    return {
      ...(typeof row?.['state'] === 'string' && { state: JSON.parse(row['state']) }),
      ...(typeof row?.['spool_end'] === 'number' && { spoolEnd: row['spool_end'] }),
      ...(typeof row?.['spool_next'] === 'number' && { spoolNext: row['spool_next'] }),
    }
  }

  /** What the last commit of each sink said of dead letters: they may not be removed yet. */
  replayed(): number[] {
    return this.#database
      .all('SELECT state FROM sink WHERE name LIKE ?', `${replayedOf}%`)
      .flatMap(row => JSON.parse(String(row['state'])))
  }

  ledger(): LedgerRow[] {
    return this.#database.all('SELECT * FROM ledger ORDER BY source, sink').map(row => ({
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

  /** @throws OpsError E_STATE */
  begin(row: Omit<StreamRow, 'endsAt' | 'memory'>): void {
    const { id, source, identity, title, begunAt } = row
    this.#database.run(
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
    this.#database.run('UPDATE stream SET identity = ?, title = ? WHERE id = ?', JSON.stringify(identity), title, id)
  }

  /** Keeps what a reader of the stream has to know in its middle. @throws OpsError E_STATE */
  remember(id: string, memory: Json): void {
    this.#database.run('UPDATE stream SET memory = ? WHERE id = ?', JSON.stringify(memory), id)
  }

  /** Tells that nothing more comes of a stream, and where it ends. @throws OpsError E_STATE */
  end(id: string, { at, endsAt }: { readonly at: number; readonly endsAt: number }): void {
    this.#database.run('UPDATE stream SET ended = ?, size = ? WHERE id = ?', at, endsAt, id)
  }

  /** Forgets a stream and where its sinks are in it. @throws OpsError E_STATE */
  forget(id: string): void {
    this.#database.together(() => {
      this.#database.run('DELETE FROM place WHERE stream = ?', id)
      this.#database.run('DELETE FROM stream WHERE id = ?', id)
    })
  }

  /** Says where each piece ends of what is being sent, by stream, so that after a kill it is cut and sent as it was. @throws OpsError E_STATE */
  sending(sink: string, ends: ReadonlyMap<string, readonly number[]>): void {
    this.#database.together(() => {
      for (const [stream, each] of ends)
        this.#database.run(
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
    const [row] = this.#database.all('SELECT sum(spooled) AS lost FROM ledger WHERE sink = ?', sink)
    this.#database.together(() => {
      this.#database.run('UPDATE place SET delivered = safe WHERE sink = ? AND delivered < safe', sink)
      this.#database.run('UPDATE ledger SET dropped = dropped + spooled, spooled = 0 WHERE sink = ? AND spooled <> 0', sink)
    })
    return Number(row?.['lost'] ?? 0)
  }

  /** Settles when all that was committed survives a power cut: before what it stands for is thrown away. @throws OpsError E_STATE */
  secure(): void {
    this.#database.all('PRAGMA wal_checkpoint(PASSIVE)')
  }

  /** All of it or nothing. @throws OpsError E_STATE, when the disk is full too: to be tried again */
  commit(...commits: readonly Commit[]): void {
    this.#database.together(() => {
      for (const commit of commits) this.#commit(commit)
    })
  }

  [Symbol.dispose](): void {
    this.#database[Symbol.dispose]()
  }

  #commit({ sink, advances, state, spoolNext, spoolEnd, replayed }: Commit): void {
    for (const advance of advances) this.#advance(sink, advance)
    if (replayed !== undefined)
      this.#database.run(
        'INSERT INTO sink (name, state) VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state',
        `${replayedOf}${sink}`,
        JSON.stringify(replayed),
      )
    if (state === undefined && spoolNext === undefined && spoolEnd === undefined) return
    this.#database.run(
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
    this.#database.run(
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
    this.#database.run(
      `INSERT INTO ledger (source, sink, ${counted.join(', ')}) VALUES (?, ?, ${counted.map(() => '?').join(', ')})
        ON CONFLICT DO UPDATE SET ${counted.map(name => `${name} = ${name} + excluded.${name}`).join(', ')}`,
      source,
      sink,
      ...counted.map(name => counts[name] ?? 0),
    )
  }
}

const placeOf = (row: Record<string, unknown>): Place => ({
  safe: Number(row['safe']),
  delivered: Number(row['delivered']),
  ...(row['token'] !== null && { token: JSON.parse(String(row['token'])) }),
  ...(row['sending'] !== null && { sending: JSON.parse(String(row['sending'])) }),
})
