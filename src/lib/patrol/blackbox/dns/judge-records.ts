import { type DnsRecord, recordText } from '../../../net/dns/record.ts'
import type { RecordValidator } from '../config/dns-shape.ts'
import type { Look } from '../look/look.ts'

interface Judged {
  /** `answer`, `authority`, `additional`. */
  readonly section: string
  readonly records: readonly DnsRecord[]
}

/** Whether the records of a section are as they must be, in the ways of blackbox_exporter. */
export function judgeRecords(look: Look, { section, records }: Judged, validator: RecordValidator): boolean {
  const { fail_if_matches_regexp: mustNot, fail_if_all_match_regexp: notAll, fail_if_not_matches_regexp: must } = validator
  const { fail_if_none_matches_regexp: one } = validator
  const fail = (message: string, facts: Record<string, string> = {}): false =>
    look.fail('content', message, { section, ...facts })
  const texts = records.map(recordText)
  if (texts.length === 0 && must.length + one.length > 0) return fail('There is no record that could match')
  for (const rr of texts) {
    look.tell('info', 'Validating RR', { section, rr })
    const there = mustNot.find(pattern => pattern.find(rr) !== undefined)
    if (there) return fail('At least one RR matched regexp', { regexp: there.text, rr })
    const lacking = must.find(pattern => pattern.find(rr) === undefined)
    if (lacking) return fail('At least one RR did not match regexp', { regexp: lacking.text, rr })
  }
  // It fails where not all match, other than its name says: so it is known, and so rules were written.
  const isLacking = notAll.some(pattern => texts.some(rr => pattern.find(rr) === undefined))
  if (isLacking) return fail('Not all RRs matched regexp')
  if (one.length > 0 && !one.some(pattern => texts.some(rr => pattern.find(rr) !== undefined)))
    return fail('None of the RRs matched any regexp')
  return true
}
