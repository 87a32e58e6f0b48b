/** A header field as sent or as it came. */
export type Field = readonly [name: string, value: string]

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const forbidden = /[\0-\x08\x0a-\x1f\x7f]/

/** Names of fields and methods (RFC 9110, section 5.6.2). */
export const isToken = (text: string): boolean => token.test(text)

/** Whether a value can be sent: no line break, NUL or other control character but the tab. */
export const isFieldValue = (text: string): boolean => !forbidden.test(text)

/** Every value of a field, in order; `name` is in lower case. */
export function fieldValues(fields: readonly Field[], name: string): string[] {
  const values: string[] = []
  for (const [other, value] of fields) {
    if (other.length === name.length && other.toLowerCase() === name) values.push(value)
  }
  return values
}

/** The words of a field that is a list (RFC 9110, section 5.6.1), in lower case. */
export function fieldWords(fields: readonly Field[], name: string): string[] {
  const values = fieldValues(fields, name)
  if (values.length === 0) return values
  return values.flatMap(value => value.split(',').map(word => word.trim().toLowerCase())).filter(word => word !== '')
}
