import type { Answer } from '../http1/connection.ts'
import { fieldValues } from '../http1/field.ts'

/** How long the server asks to wait, milliseconds: seconds, or a date (RFC 9110, section 10.2.3). Undefined where it says nothing. */
export function retryAfterMs({ headers }: Pick<Answer, 'headers'>, now: number): number | undefined {
  const [value = ''] = fieldValues(headers, 'retry-after')
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
