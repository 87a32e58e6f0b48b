import type { YamlDocument } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import { formatPlace, inventoryError } from '../fault.ts'

export type Keys = readonly (string | number)[]
export type Mapping = Readonly<Record<string, Json>>

/** A strict reader of a parsed file: what is of the wrong kind, or not known, is an error with its place. */
export class YamlFile {
  readonly value: Json
  readonly #document: YamlDocument
  readonly #path: string

  constructor(document: YamlDocument, path: string) {
    this.value = document.value
    this.#document = document
    this.#path = path
  }

  fault(
    keys: Keys,
    problem: string,
    details: { part?: 'key' | 'value'; hint?: string | undefined; cause?: unknown } = {},
  ): Error {
    return inventoryError({ path: this.#path, ...this.#document.locate(keys, details.part) }, problem, details)
  }

  /** `file:line` of a key. */
  origin(keys: Keys): string {
    return formatPlace({ path: this.#path, line: this.#document.locate(keys, 'key').line })
  }

  /** Keys and values; an absent value has none. */
  mapping(value: Json | undefined, keys: Keys): Mapping {
    if (value === null || value === undefined) return {}
    if (typeof value === 'object' && !Array.isArray(value)) return value as Mapping
    throw this.fault(keys, `${nameOf(keys)} must be keys and values, not ${kindOf(value)}`)
  }

  /** The same with nothing but known keys. */
  record(value: Json | undefined, keys: Keys, known: readonly string[]): Mapping {
    const mapping = this.mapping(value, keys)
    for (const key of Object.keys(mapping)) {
      if (known.includes(key)) continue
      const near = nearest(key, known)
      const hint = near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}?`
      throw this.fault([...keys, key], `unknown key '${key}' in ${nameOf(keys)}`, { part: 'key', hint })
    }
    return mapping
  }

  /** One text or a list of them, each with its place. */
  texts(value: Json | undefined, keys: Keys): { text: string; keys: Keys }[] {
    if (value === null || value === undefined) return []
    const list = Array.isArray(value) ? value.map((text, index) => ({ text, keys: [...keys, index] })) : [{ text: value, keys }]
    return list.map(({ text, keys: place }) => {
      if (typeof text === 'string') return { text, keys: place }
      throw this.fault(place, `${nameOf(keys)} must be a text or a list of texts, not ${kindOf(text)}`)
    })
  }
}

const nameOf = (keys: Keys): string => (keys.length === 0 ? 'the file' : `'${keys.join('.')}'`)

export function kindOf(value: Json): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'keys and values'
  return JSON.stringify(value)
}
