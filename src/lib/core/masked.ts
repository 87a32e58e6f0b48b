import type { Json } from './json.ts'

/** Shorter values stand in everything by chance. */
const leastLength = 4
/** Lines of a secret that has several, such as a key: a diff shows each by itself. */
const leastLine = 16

/** A text in which secrets that a server handed back are not to be read: as they are, quoted, encoded, or cut short. */
export function masked(text: string, secrets: Iterable<string>): string {
  let told = text
  const written = [...new Set([...secrets].flatMap(writings))].sort((a, b) => b.length - a.length)
  for (const each of written) told = told.replaceAll(each, '…')
  return told.includes('…') ? written.reduce(withoutBeginning, told) : told
}

type Data = Readonly<Record<string, Json>>

/** The same of all texts within data. */
export const maskedData = (data: Data, secrets: ReadonlySet<string>): Data =>
  secrets.size === 0 ? data : Object.fromEntries(Object.entries(data).map(([key, each]) => [key, maskedJson(each, secrets)]))

function maskedJson(value: Json, secrets: ReadonlySet<string>): Json {
  if (typeof value === 'string') return masked(value, secrets)
  if (Array.isArray(value)) return value.map(each => maskedJson(each, secrets))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [masked(key, secrets), maskedJson(each, secrets)]))
}

/** The ways in which a secret may stand in a text: within JSON, within JSON that is told as JSON, in a URL, in a form. */
function writings(secret: string): string[] {
  if (secret.length < leastLength) return []
  const quoted = withinJson(secret)
  const encoded = encodeURIComponent(secret.toWellFormed())
  const lines = secret.includes('\n') ? secret.split(/\r?\n/).filter(line => line.length >= leastLine) : []
  return [secret, quoted, withinJson(quoted), encoded, encoded.replaceAll('%20', '+'), ...lines]
}

const withinJson = (text: string): string => JSON.stringify(text).slice(1, -1)

/** Where a text was cut within a secret, its beginning still stands there. */
function withoutBeginning(text: string, secret: string): string {
  let told = ''
  let from = 0
  for (let at = text.indexOf('…'); at >= 0; at = text.indexOf('…', at + 1)) {
    told += beforeCut(text.slice(from, at), secret)
    from = at
  }
  return told + text.slice(from)
}

function beforeCut(text: string, secret: string): string {
  for (let length = Math.min(secret.length - 1, text.length); length >= leastLength; length--) {
    if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length)
  }
  return text
}
