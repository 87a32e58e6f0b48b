import type { Expression } from '../../../core/expression.ts'
import { ExpressionError } from '../../../core/expression.ts'
import type { Field } from '../../../net/http1/field.ts'
import { fieldValues } from '../../../net/http1/field.ts'
import type { HeaderMatch, HttpSettings } from '../config/http-shape.ts'
import type { Look } from '../look/look.ts'
import type { HopAnswer } from './ask-hop.ts'

/** Whether the status is one that is wanted. */
export function judgeStatus(look: Look, { status }: HopAnswer, { valid_status_codes: valid }: HttpSettings): boolean {
  if (valid.length > 0 ? valid.includes(status) : status >= 200 && status <= 299) return true
  const wanted = valid.length > 0 ? valid.join(' ') : '2xx'
  return look.fail('status', 'Invalid status of the answer', { status_code: status, valid_status_codes: wanted })
}

export function judgeVersion(look: Look, answer: HopAnswer, { valid_http_versions: valid }: HttpSettings): boolean {
  const version = versionName(answer)
  if (valid.length === 0 || valid.some(each => each === version)) return true
  return look.fail('protocol', 'Invalid version of HTTP', { version, valid_http_versions: valid.join(' ') })
}

/** `HTTP/2.0`. */
const versionName = ({ version }: HopAnswer): string => `HTTP/${version.includes('.') ? version : `${version}.0`}`

/** Whether no header is as it must not be, and each as it must. */
export function judgeHeaders(look: Look, { headers }: HopAnswer, settings: HttpSettings): boolean {
  const { fail_if_header_matches: mustNot, fail_if_header_not_matches: must } = settings
  if (mustNot.length + must.length === 0) return true
  const isGood = mustNot.every(match => isFree(look, headers, match)) && must.every(match => isThere(look, headers, match))
  look.gauges.set('probe_failed_due_to_regex', isGood ? 0 : 1)
  return isGood
}

function isFree(look: Look, headers: readonly Field[], match: HeaderMatch): boolean {
  const values = valuesOf(look, headers, match)
  if (typeof values === 'boolean') return values
  if (values.every(value => match.regexp?.find(value) === undefined)) return true
  return look.fail('content', 'Header matched regular expression', { header: match.header, regexp: match.regexp?.text })
}

function isThere(look: Look, headers: readonly Field[], match: HeaderMatch): boolean {
  const values = valuesOf(look, headers, match)
  if (typeof values === 'boolean') return values
  if (values.some(value => match.regexp?.find(value) !== undefined)) return true
  return look.fail('content', 'Header did not match regular expression', { header: match.header, regexp: match.regexp?.text })
}

/** Its values, or where it is not there whether that is good. */
function valuesOf(
  look: Look,
  headers: readonly Field[],
  { header, allow_missing: may }: HeaderMatch,
): readonly string[] | boolean {
  const values = fieldValues(headers, header.toLowerCase())
  if (values.length > 0) return values
  return may || look.fail('missing', 'Missing required header', { header })
}

/** Whether nothing stands in the body that must not, and everything that must. */
export function judgeBody(look: Look, body: string, settings: HttpSettings): boolean {
  const { fail_if_body_matches_regexp: mustNot, fail_if_body_not_matches_regexp: must } = settings
  if (mustNot.length + must.length === 0) return true
  const there = mustNot.find(pattern => pattern.find(body) !== undefined)
  const lacking = there ? undefined : must.find(pattern => pattern.find(body) === undefined)
  if (there) look.fail('content', 'Body matched regular expression', { regexp: there.text })
  if (lacking) look.fail('content', 'Body did not match regular expression', { regexp: lacking.text })
  const isGood = there === undefined && lacking === undefined
  look.gauges.set('probe_failed_due_to_regex', isGood ? 0 : 1)
  return isGood
}

/** Whether the conditions on a body of JSON hold. */
export function judgeConditions(look: Look, body: string, settings: HttpSettings): boolean {
  const { fail_if_body_json_matches_cel: mustNot, fail_if_body_json_not_matches_cel: must } = settings
  if (mustNot === undefined && must === undefined) return true
  const value = parsed(body)
  const isGood =
    value === undefined
      ? look.fail('content', 'The body is no JSON')
      : (mustNot === undefined || isAs(look, { condition: mustNot, value, wanted: false })) &&
        (must === undefined || isAs(look, { condition: must, value, wanted: true }))
  look.gauges.set('probe_failed_due_to_cel', isGood ? 0 : 1)
  return isGood
}

interface Condition {
  readonly condition: Expression
  readonly value: object
  readonly wanted: boolean
}

function isAs(look: Look, { condition, value, wanted }: Condition): boolean {
  try {
    const { body } = value as { body: unknown }
    if (condition.evaluate({ body }) === wanted) return true
    return look.fail('content', wanted ? 'Body did not match the condition' : 'Body matched the condition', {
      expression: condition.text,
    })
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return look.fail('content', 'The condition says nothing of the body', { expression: condition.text, err: error.message })
  }
}

function parsed(body: string): { readonly body: unknown } | undefined {
  try {
    return { body: JSON.parse(body) }
  } catch {
    return undefined
  }
}
