import { errnoOf } from '../core/errno.ts'
import type { Item } from '../core/item.ts'
import { amount } from './amount.ts'
import type { SourceReading } from './source-reading.ts'

interface SourceEnd {
  readonly source: string
  /** Why it could not be read to its end; absent where it was. */
  readonly failure: unknown
  readonly startedAt: string
  readonly durationMs: number
}

/** What came of one source: its lines, and those that did not fit with why and the first of each kind. */
export function sourceItem({ tally, bytes, format }: SourceReading, { source, failure, startedAt, durationMs }: SourceEnd): Item {
  const { lines, records, misfits, blank, headings, continued, unreadTimes } = tally
  const misfitCounts = tally.reasons.map(({ reason, count, firstLine, firstText }) => ({ reason, count, firstLine, firstText }))
  const found = `${amount(lines, 'line')}${format === undefined ? '' : ` as ${format}`}: ${amount(records, 'record')}${tellMore(tally)}`
  return {
    path: source,
    name: source,
    ...(failure === undefined
      ? { outcome: 'ok', message: found }
      : {
          outcome: 'failed',
          reason: reasonOf(failure),
          message: lines === 0 ? why(failure) : `${why(failure)}, behind ${found}`,
        }),
    startedAt,
    durationMs,
    metrics: { lines, records, misfits, blank, headings, continued, unreadTimes, bytes },
    data: { ...(format !== undefined && { format }), misfits: misfitCounts },
  }
}

function tellMore({ misfits, blank, headings, continued, unreadTimes, reasons }: SourceReading['tally']): string {
  const kinds = reasons.slice(0, 5).map(({ reason, count, firstLine }) => `${count} ${reason} (first in line ${firstLine})`)
  return [
    misfits > 0 && `${misfits} did not fit: ${kinds.join(', ')}`,
    blank > 0 && `${blank} blank`,
    headings > 0 && `${headings} with names of columns`,
    continued > 0 && `${continued} joined to those before`,
    unreadTimes > 0 && `${unreadTimes} whose time was kept as it stands`,
  ]
    .flatMap(text => (text === false ? [] : `, ${text}`))
    .join('')
}

const reasonOf = (failure: unknown): 'missing' | 'unreadable' => (errnoOf(failure) === 'ENOENT' ? 'missing' : 'unreadable')

function why(failure: unknown): string {
  const known = words[errnoOf(failure) ?? '']
  return known ?? `can not be read: ${failure instanceof Error ? failure.message : String(failure)}`
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a directory',
}
