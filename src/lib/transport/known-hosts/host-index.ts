import {
  type HostLine,
  hashFits,
  isHashed,
  keyOfLine,
  type NameHash,
  nameHashOf,
  patternsFit,
  plainNamesOf,
} from './host-line.ts'
import type { PublicKey } from './public-key.ts'

/** A line that names a host, with its key. */
export interface HostEntry {
  readonly line: HostLine
  readonly key: PublicKey
}

interface Numbered {
  readonly line: HostLine
  readonly number: number
}

/**
 * Finds the lines about a name in large files: plain names by a map, patterns one by one, hashes by computing each. A hash stands for one name,
 * so a line that has been found is not tried for other names: with 1,500 hashed lines and 500 hosts that halves the work.
 */
export class HostIndex {
  readonly #named = new Map<string, Numbered[]>()
  readonly #patterns: Numbered[] = []
  #hashed: (Numbered & { readonly hash: NameHash })[] = []
  readonly #found = new Map<string, HostEntry[]>()
  #count = 0
  #hasAuthorities = false

  /** True when there are @cert-authority lines at all. */
  get hasAuthorities(): boolean {
    return this.#hasAuthorities
  }

  /** Lines come in the order in which files are read: those of the user first. */
  add(lines: readonly HostLine[]): void {
    for (const line of lines) this.#addOne({ line, number: this.#count++ })
    this.#found.clear()
  }

  /** All readable entries about a name, in order. */
  find(name: string): readonly HostEntry[] {
    const known = this.#found.get(name)
    if (known) return known
    const entries = this.#search(name).flatMap(({ line }) => {
      const key = keyOfLine(line)
      return key ? [{ line, key }] : []
    })
    this.#found.set(name, entries)
    return entries
  }

  #addOne(numbered: Numbered): void {
    const { line } = numbered
    this.#hasAuthorities ||= line.marker === 'authority'
    if (isHashed(line)) {
      const hash = nameHashOf(line)
      if (hash) this.#hashed.push({ ...numbered, hash })
      return
    }
    const names = plainNamesOf(line)
    if (!names) this.#patterns.push(numbered)
    for (const name of new Set(names)) this.#named.set(name, [...(this.#named.get(name) ?? []), numbered])
  }

  #search(name: string): Numbered[] {
    const hits = this.#hashed.filter(({ hash }) => hashFits(hash, name))
    if (hits.length > 0) {
      this.#hashed = this.#hashed.filter(candidate => !hits.includes(candidate))
      this.#named.set(name, [...(this.#named.get(name) ?? []), ...hits])
    }
    const patterns = this.#patterns.filter(({ line }) => patternsFit(line, name))
    return [...(this.#named.get(name) ?? []), ...patterns].sort((a, b) => a.number - b.number)
  }
}
