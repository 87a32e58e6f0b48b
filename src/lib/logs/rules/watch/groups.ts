import type { RecordsOrigin } from '../../pipeline/stages.ts'
import type { FieldNames, RecordLine } from '../line/record-line.ts'
import type { GroupFields } from '../words.ts'

/** Longest value of a field by which records are told apart. */
const maxValue = 200

/** Tells records apart by the values of some fields. The number of groups is bounded; what would be one more is counted. */
export class Groups<G> {
  readonly #groups = new Map<string, G>()
  readonly #by: readonly By[]
  readonly #max: number
  readonly #make: (key: string, fields: GroupFields) => G
  readonly #onFull: () => void
  /** Records of groups that there is no room for. */
  overflow = 0

  constructor(options: {
    readonly by: readonly string[]
    readonly max: number
    readonly fields: FieldNames
    readonly make: (key: string, fields: GroupFields) => G
    /** Called for the first record of a group that there is no room for. */
    readonly onFull: () => void
  }) {
    const { by, max, fields, make, onFull } = options
    this.#onFull = onFull
    this.#by = by.map(name => ({ name, field: ofOrigin(name) === undefined ? fields.of(name) : -1 }))
    this.#max = max
    this.#make = make
    if (by.length === 0) this.restore('', {})
  }

  get size(): number {
    return this.#groups.size
  }

  all(): IterableIterator<G> {
    return this.#groups.values()
  }

  /** The one that was there before, made where there is none. */
  restore(key: string, fields: GroupFields): G {
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const made = this.#make(key, fields)
    this.#groups.set(key, made)
    return made
  }

  /** That of a record; undefined where there is no room for one more. */
  of(line: RecordLine, origin: RecordsOrigin): G | undefined {
    const by = this.#by
    if (by.length === 0) return this.#groups.get('')
    const [first] = by
    let key = first === undefined ? '' : groupValue(first, line, origin)
    for (let k = 1; k < by.length; k++) key += `\0${groupValue(by[k] as By, line, origin)}`
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    if (this.#groups.size >= this.#max) {
      if (this.overflow++ === 0) this.#onFull()
      return undefined
    }
    const values = key.split('\0')
    return this.restore(key, Object.fromEntries(by.map(({ name }, index) => [name, values[index] ?? ''])))
  }

  /** Forgets those of which nothing is known any more. */
  evict(isSpent: (group: G) => boolean): void {
    if (this.#by.length === 0) return
    for (const [key, group] of this.#groups) if (isSpent(group)) this.#groups.delete(key)
  }
}

interface By {
  readonly name: string
  readonly field: number
}

function groupValue({ name, field }: By, line: RecordLine, origin: RecordsOrigin): string {
  const text = field < 0 ? (ofOrigin(name)?.(origin) ?? '') : (line.text(field) ?? '')
  const short = text.length > maxValue ? text.slice(0, maxValue).toWellFormed() : text
  return short.includes('\0') ? short.replaceAll('\0', ' ') : short
}

const ofOrigin = (name: string): ((origin: RecordsOrigin) => string) | undefined => {
  if (name === 'source') return origin => origin.source
  return name === 'stream' ? origin => origin.title : undefined
}
