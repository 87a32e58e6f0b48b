const secretKey = /pass(word|wd|phrase)?|secret|token|api[-_]?key|private[-_]?key|authorization|cookie|credential/i
const mask = '[redacted]'

/** A copy of a value for logs and reports: values under keys that name a secret are masked, whatever their type. */
export function redact(value: unknown, key = ''): unknown {
  if (secretKey.test(key) && value !== undefined && value !== null && value !== false) return mask
  if (Array.isArray(value)) return value.map(element => redact(element))
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, redact(inner, name)]))
  }
  return value
}

/** What people wrote as an address, without the user and the password within it, whether it is one or not. */
export const withoutCredentials = (text: string): string =>
  text.replace(/\/\/.*@/s, '//…@').replace(/^\s*[^@/\s:]+:[^/\s].*@/s, '…@')
