import type { AlertSeverity } from '../../core/alert.ts'
import type { Reason } from '../../core/item.ts'
import type { Level } from '../standing/level.ts'
import type { History, LookRow } from './history.ts'

const hourMs = 3_600_000

/** The last looks of a check, newest first. */
export function lastLooks(history: History, id: string, limit = 120): LookRow[] {
  return rowsOf(history, id, { table: 'result', limit })
}

/** The last looks that were not well, newest first, with what was seen. */
export function lastFailures(history: History, id: string, limit = 50): LookRow[] {
  return rowsOf(history, id, { table: 'failure', limit })
}

function rowsOf(
  history: History,
  id: string,
  { table, limit }: { readonly table: 'result' | 'failure'; readonly limit: number },
): LookRow[] {
  const key = history.keyOf(id)
  if (key === undefined) return []
  const rows = history.database.prepare(`SELECT * FROM ${table} WHERE key = ? ORDER BY at DESC LIMIT ?`).all(key, limit)
  return rows.map(({ at, level, ms, reason, message, evidence }) => ({
    at: Number(at),
    level: level as Level,
    ms: Number(ms),
    message: String(message),
    ...(reason !== null && { reason: reason as Reason }),
    ...(typeof evidence === 'string' && { evidence }),
  }))
}

/** What the looks of an hour came to. */
export interface HourRow {
  /** Its beginning, milliseconds since 1970. */
  readonly at: number
  readonly looks: number
  readonly warned: number
  readonly bad: number
  readonly meanMs: number
  readonly maxMs: number
}

/** Hours in which it was looked at, oldest first. */
export function hoursSince(history: History, id: string, since: number): HourRow[] {
  const key = history.keyOf(id)
  if (key === undefined) return []
  const rows = history.database
    .prepare('SELECT hour, looks, warned, bad, ms_sum, ms_max FROM hour WHERE key = ? AND hour >= ? ORDER BY hour')
    .all(key, Math.floor(since / hourMs))
  return rows.map(row => ({
    at: Number(row['hour']) * hourMs,
    looks: Number(row['looks']),
    warned: Number(row['warned']),
    bad: Number(row['bad']),
    meanMs: Number(row['ms_sum']) / Math.max(1, Number(row['looks'])),
    maxMs: Number(row['ms_max']),
  }))
}

/** What the looks of an hour came to, in numbers alone. */
export interface HourCount {
  /** Hours since 1970. */
  readonly hour: number
  readonly looks: number
  readonly warned: number
  readonly bad: number
}

/** The hours of many checks at once, each check's oldest first, by id; checks without any are left out. One statement, that reads nothing else. */
export function hourCounts(history: History, ids: Iterable<string>, since: number): Map<string, HourCount[]> {
  const idOf = new Map<number, string>()
  for (const id of ids) {
    const key = history.keyOf(id)
    if (key !== undefined) idOf.set(key, id)
  }
  const rows = history.database
    .prepare(
      'SELECT hour.key, hour, looks, warned, bad FROM json_each(?1) AS wanted CROSS JOIN hour ON hour.key = wanted.value AND hour >= ?2',
    )
    .all(JSON.stringify([...idOf.keys()]), Math.floor(since / hourMs))
  const counts = new Map<string, HourCount[]>()
  for (const { key, hour, looks, warned, bad } of rows) {
    const id = idOf.get(Number(key)) ?? ''
    const count = { hour: Number(hour), looks: Number(looks), warned: Number(warned), bad: Number(bad) }
    const known = counts.get(id)
    if (known) known.push(count)
    else counts.set(id, [count])
  }
  return counts
}

export interface IncidentRow {
  readonly id: string
  /** Id of the check in its place. */
  readonly watched: string
  readonly startedAt: number
  readonly endedAt?: number
  readonly severity: AlertSeverity
  readonly reason?: Reason
  readonly summary: string
  readonly labels: Readonly<Record<string, string>>
}

/** Open ones first, then the newest. */
export function incidents(
  history: History,
  { limit = 100, watched }: { readonly limit?: number; readonly watched?: string } = {},
): IncidentRow[] {
  // Each by itself, so that an index gives the newest of many without looking at the others.
  const newest = (which: string, most: number) =>
    history.database
      .prepare(
        `SELECT * FROM incident WHERE ${which} ${watched === undefined ? '' : 'AND watched = ?'} ORDER BY started DESC LIMIT ?`,
      )
      .all(...(watched === undefined ? [] : [watched]), most)
  const open = newest('ended IS NULL', limit)
  const rows = [...open, ...newest('ended IS NOT NULL', limit - open.length)]
  return rows.map(row => ({
    id: String(row['id']),
    watched: String(row['watched']),
    startedAt: Number(row['started']),
    severity: row['severity'] as AlertSeverity,
    summary: String(row['summary']),
    labels: JSON.parse(String(row['labels'])),
    ...(row['ended'] !== null && { endedAt: Number(row['ended']) }),
    ...(row['reason'] !== null && { reason: row['reason'] as Reason }),
  }))
}
