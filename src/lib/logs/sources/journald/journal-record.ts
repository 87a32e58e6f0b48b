import type { Json } from '../../../core/json.ts'
import type { JournalEntry } from './export-reader.ts'

const severities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']

type Read = (value: string) => Json

const number: Read = value => (/^-?\d{1,15}$/.test(value) ? Number(value) : value)
const text: Read = value => value
/** Microseconds since the epoch, to the microsecond. */
const time: Read = value => {
  if (!/^\d{10,17}$/.test(value)) return value
  const micros = value.slice(-3)
  return new Date(Number(value.slice(0, -3))).toISOString().replace('Z', `${micros}Z`)
}

/** Names as other sources have them, of what most people look at (systemd.journal-fields(7)); a later one of a name does not replace an earlier one. */
const useful: readonly (readonly [string, string, Read])[] = [
  ['_SOURCE_REALTIME_TIMESTAMP', 'time', time],
  ['__REALTIME_TIMESTAMP', 'time', time],
  ['_HOSTNAME', 'host', text],
  ['SYSLOG_IDENTIFIER', 'app', text],
  ['_COMM', 'app', text],
  ['_PID', 'pid', number],
  ['SYSLOG_PID', 'pid', number],
  ['_SYSTEMD_UNIT', 'unit', text],
  ['_SYSTEMD_USER_UNIT', 'user_unit', text],
  ['UNIT', 'about_unit', text],
  ['PRIORITY', 'severity', value => severities[Number(value)] ?? value],
  ['PRIORITY', 'priority', number],
  ['_UID', 'uid', number],
  ['_TRANSPORT', 'transport', text],
  ['MESSAGE_ID', 'message_id', text],
  ['_BOOT_ID', 'boot_id', text],
  ['CONTAINER_NAME', 'container', text],
  ['MESSAGE', 'message', text],
]
const known = new Set([...useful.map(([name]) => name), '__CURSOR', '__MONOTONIC_TIMESTAMP', '__SEQNUM', '__SEQNUM_ID'])

export const fieldOf = ({ fields }: JournalEntry, wanted: string): string | undefined =>
  fields.find(([name]) => name === wanted)?.[1].toString('utf8')

/** An entry as a record; with `all` what has no name of ours is in `journal`, by its own. What is no UTF-8 becomes U+FFFD. */
export function journalRecord(entry: JournalEntry, { all }: { readonly all: boolean }): Readonly<Record<string, Json>> {
  const values = new Map<string, string[]>()
  for (const [name, value] of entry.fields) {
    const seen = values.get(name)
    if (seen) seen.push(value.toString('utf8'))
    else values.set(name, [value.toString('utf8')])
  }
  const record: Record<string, Json> = {}
  for (const [name, ours, read] of useful) {
    const [value] = values.get(name) ?? []
    if (value !== undefined && record[ours] === undefined) record[ours] = read(value)
  }
  if (!all) return record
  const others = [...values].filter(([name]) => !known.has(name))
  return {
    ...record,
    journal: Object.fromEntries(others.map(([name, found]) => [name, found.length > 1 ? found : (found[0] ?? '')])),
  }
}
