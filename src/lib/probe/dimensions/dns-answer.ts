import { z } from 'zod'
import { type DnsRecord, recordText } from '../../net/dns/record.ts'
import type { Pattern } from '../assert/pattern.ts'
import type { Judged } from '../dimension.ts'
import { defineDimension } from '../dimension.ts'
import type { DnsSeen } from '../observation.ts'
import { safePatternField } from '../safe-pattern-field.ts'

const maxShown = 5

const patterns = (what: string) =>
  z
    .union([safePatternField(), z.array(safePatternField()).min(1)])
    .optional()
    .describe(`fails when ${what}; regular expressions (RE2) over lines as in a zone file, whose fields are apart by tabs`)
const seconds = z.int().min(0)

/** The records of one section of an answer, as blackbox_exporter judges them, and by number, age and content. */
export const dnsAnswer = defineDimension({
  type: 'dns_answer',
  summary: 'the records of an answer of a name server are as they should be',
  params: z.object({
    section: z.enum(['answer', 'authority', 'additional']).default('answer'),
    fail_if_matches: patterns('a record matches one of them'),
    fail_if_not_matches: patterns('a record does not match all of them, or there is none'),
    fail_if_all_match: patterns('every record matches all of them'),
    fail_if_none_match: patterns('no record matches any of them'),
    equals: z
      .array(z.string().min(1))
      .optional()
      .describe('exactly these, in any order: addresses, names, `10 mx1.example.com`, texts; of a chain of names only its end'),
    min: z.int().min(0).optional().describe('fewer records fail'),
    max: z.int().min(0).optional().describe('more records fail'),
    min_ttl: seconds.optional().describe('a record that may be kept for fewer seconds fails'),
    max_ttl: seconds.optional().describe('a record that may be kept for more seconds fails'),
  }),
  defaults: { intervalMs: 10_000, timeoutMs: 3_000, retries: 1 },
  judge(params, { dns }) {
    if (!dns) return undefined
    const { section } = params
    const records = dns.message[section === 'answer' ? 'answers' : section]
    const metrics = metricsOf(records)
    const problem =
      ofCount(params, records) ?? ofPatterns(params, records) ?? ofContent(params, { dns, records }) ?? ofTtl(params, records)
    if (problem) return { verdict: 'fail', ...problem, metrics }
    return { verdict: 'pass', message: told(records), metrics }
  },
})

interface Wishes {
  readonly fail_if_matches?: Pattern | Pattern[] | undefined
  readonly fail_if_not_matches?: Pattern | Pattern[] | undefined
  readonly fail_if_all_match?: Pattern | Pattern[] | undefined
  readonly fail_if_none_match?: Pattern | Pattern[] | undefined
  readonly equals?: readonly string[] | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly min_ttl?: number | undefined
  readonly max_ttl?: number | undefined
}

type Problem = Pick<Judged, 'reason' | 'message'>

function metricsOf(records: readonly DnsRecord[]): Record<string, number> {
  const serial = records.find(({ type }) => type === 'SOA')?.data.split(' ')[2]
  return {
    records: records.length,
    ...(records.length > 0 && { min_ttl_seconds: Math.min(...records.map(({ ttl }) => ttl)) }),
    ...(serial !== undefined && { soa_serial: Number(serial) }),
  }
}

function ofCount({ min, max }: Wishes, records: readonly DnsRecord[]): Problem | undefined {
  const { length } = records
  if (min !== undefined && length < min) return { reason: 'missing', message: `${told(records)}, fewer than ${min}` }
  return max !== undefined && length > max ? { reason: 'content', message: `${told(records)}, more than ${max}` } : undefined
}

function ofPatterns(wishes: Wishes, records: readonly DnsRecord[]): Problem | undefined {
  const content = (message: string): Problem => ({ reason: 'content', message })
  const matches = (record: DnsRecord, { find }: Pattern): boolean => find(recordText(record)) !== undefined
  const list = (some: Pattern | Pattern[] | undefined): readonly Pattern[] => (some === undefined ? [] : [some].flat())
  const [never, each, all, any] = [
    list(wishes.fail_if_matches),
    list(wishes.fail_if_not_matches),
    list(wishes.fail_if_all_match),
    list(wishes.fail_if_none_match),
  ]
  const required = [...each, ...any]
  if (records.length === 0 && required[0]) return content(`there is no record to match ${required[0].text}`)
  for (const record of records) {
    const bad = never.find(one => matches(record, one))
    if (bad) return content(`${shown(record)} matches ${bad.text}`)
    const missed = each.find(one => !matches(record, one))
    if (missed) return content(`${shown(record)} does not match ${missed.text}`)
  }
  const isAll = records.length > 0 && all.length > 0 && records.every(record => all.every(one => matches(record, one)))
  if (isAll) return content(`all records match ${all.map(({ text }) => text).join(', ')}`)
  const isNone = any.length > 0 && !records.some(record => any.some(one => matches(record, one)))
  return isNone ? content(`no record matches ${any.map(({ text }) => text).join(' or ')}`) : undefined
}

interface Looked {
  readonly dns: DnsSeen
  readonly records: readonly DnsRecord[]
}

function ofContent({ equals }: Wishes, { dns, records }: Looked): Problem | undefined {
  if (equals === undefined) return undefined
  const { type } = dns.question
  const ends = records.some(record => record.type === type) ? records.filter(record => record.type === type) : records
  const isText = ends.some(record => record.type === 'TXT')
  // Names are the same in any case, with and without the dot at their end; texts are not.
  const same = (text: string): string => (isText ? text : text.toLowerCase().replace(/\.(?= |$)/g, ''))
  const found = new Set(ends.map(({ value }) => same(value)))
  const wanted = new Set(equals.map(same))
  const missing = [...wanted].filter(each => !found.has(each))
  const extra = [...found].filter(each => !wanted.has(each))
  const parts = [
    ...(missing.length > 0 ? [`${listed(missing)} is missing`] : []),
    ...(extra.length > 0 ? [`${listed(extra)} should not be there`] : []),
  ]
  return parts.length === 0 ? undefined : { reason: 'content', message: parts.join(', and ') }
}

function ofTtl({ min_ttl: min, max_ttl: max }: Wishes, records: readonly DnsRecord[]): Problem | undefined {
  const short = records.find(({ ttl }) => min !== undefined && ttl < min)
  if (short) return { reason: 'threshold', message: `${shown(short)} may be kept for ${short.ttl} s, less than ${min} s` }
  const long = records.find(({ ttl }) => max !== undefined && ttl > max)
  return long && { reason: 'threshold', message: `${shown(long)} may be kept for ${long.ttl} s, more than ${max} s` }
}

function told(records: readonly DnsRecord[]): string {
  if (records.length === 0) return 'no records'
  return `${records.length === 1 ? '1 record' : `${records.length} records`}: ${listed(records.map(({ value }) => value))}`
}

const listed = (values: readonly string[]): string =>
  `${values
    .slice(0, maxShown)
    .map(value => value.slice(0, 100))
    .join(', ')}${values.length > maxShown ? ' …' : ''}`

const shown = (record: DnsRecord): string => recordText(record).replaceAll('\t', ' ').slice(0, 200)
