import { createHash } from 'node:crypto'

export const sha256Of = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** SHA-256 of every value by its key, lower-case hex. */
export const digestsOf = (entries: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, string> =>
  new Map([...entries].map(([key, bytes]) => [key, sha256Of(bytes)]))

/** One digest of all: of the lines that sha256sum would print, in order of the keys. */
export function digestOf(entries: ReadonlyMap<string, Uint8Array>): string {
  const lines = [...digestsOf(entries)].sort(byKey).map(([key, digest]) => `${digest}  ${key}\n`)
  return sha256Of(lines.join(''))
}

/** In order of the bytes' code units, the same on every machine. */
export const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0)
