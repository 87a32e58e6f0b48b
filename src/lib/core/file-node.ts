import type { Keys, ProblemDetails, Problems } from './file-problems.ts'
import type { Json } from './json.ts'
import { nearest } from './nearest.ts'
import { withoutCredentials } from './redact.ts'

/**
 * A value of a file, perhaps an absent one, that knows where it stands. What is wrong is noted as a problem; the reader then gives
 * undefined and the reading goes on.
 */
export class FileNode {
  /** Undefined when there is no such key; null when nothing stands behind it. */
  readonly value: Json | undefined
  readonly keys: Keys
  readonly #problems: Problems
  readonly #parent: FileNode | undefined

  constructor(value: Json | undefined, problems: Problems, place?: { readonly keys: Keys; readonly parent: FileNode }) {
    this.value = value
    this.keys = place?.keys ?? []
    this.#problems = problems
    this.#parent = place?.parent
  }

  get isAbsent(): boolean {
    return this.value === undefined
  }

  /** The last key; of an entry of a list the key of the list. */
  get key(): string {
    return String(this.keys.findLast(key => typeof key === 'string') ?? 'the file')
  }

  get line(): number {
    return this.#problems.lineOf(this.keys)
  }

  /** `path:line:column`. */
  get place(): string {
    return this.#problems.placeOf(this.keys)
  }

  child(key: string | number): FileNode {
    const { value } = this
    const inner = isMapping(value) || Array.isArray(value) ? ownValue(value, key) : undefined
    return new FileNode(inner, this.#problems, { keys: [...this.keys, key], parent: this })
  }

  /** What stands at keys below this. */
  within(keys: Keys): FileNode {
    return keys.reduce<FileNode>((node, key) => node.child(key), this)
  }

  /** Of an absent value the key that should have held it is wrong. */
  wrong(problem: string, details: ProblemDetails = {}): undefined {
    if (this.isAbsent && this.#problems.isMeant(this.keys)) return undefined
    if (this.isAbsent && this.#parent) return this.#parent.wrong(problem, { ...details, part: 'key' })
    const part = typeof this.keys.at(-1) === 'number' ? 'value' : details.part
    this.#problems.add(this.keys, problem, { ...details, ...(part && { part }) })
    return undefined
  }

  /** The members of keys and values; `noun` says of what, as in `a step`. */
  members(noun: string, hint?: string): ReadonlyMap<string, FileNode> | undefined {
    const { value } = this
    if (!isMapping(value)) return this.wrong(`${noun} must be keys and values, not ${shown(value)}`, { hint })
    return new Map(Object.keys(value).map(key => [key, this.child(key)]))
  }

  /** The entries of a list. */
  entries(hint?: string): FileNode[] | undefined {
    const { value } = this
    if (value === null) return this.#nothing(hint)
    if (!Array.isArray(value)) return this.wrong(`${this.key} must be a list, not ${shown(value)}`, { hint })
    return value.map((_, index) => this.child(index))
  }

  /** A text that is not empty. */
  text(form = 'a text'): string | undefined {
    const { value } = this
    if (typeof value === 'string' && value.trim() !== '') return value
    if (typeof value === 'string') return this.wrong(`${this.key} is empty`)
    if (value === null) return this.#nothing()
    const unquoted = typeof value === 'number' || typeof value === 'boolean'
    return this.wrong(`${this.key} must be ${form}, not ${shown(value)}`, { hint: unquoted ? 'put it in quotes' : undefined })
  }

  /** A text or a number, as text. */
  scalar(form: string): string | undefined {
    const { value } = this
    if (typeof value === 'string' || typeof value === 'number') return String(value)
    return value === null ? this.#nothing() : this.wrong(`${this.key} must be ${form}, not ${shown(value)}`)
  }

  /** Notes that this key should not be here, with the one that it was meant to be: the nearest where nothing else is said. */
  unknownKey(problem: string, known: readonly string[], { meant = nearest(this.key, known), hint }: Unknown = {}): undefined {
    if (meant) this.#problems.mean([...this.keys.slice(0, -1), meant])
    return this.wrong(problem, {
      part: 'key',
      hint: hint ?? (meant ? `did you mean ${meant}?` : `there are ${known.join(', ')}`),
    })
  }

  #nothing(hint = 'leave the key out where it has no use'): undefined {
    return this.wrong(`nothing stands behind ${this.key}`, { part: 'key', hint })
  }
}

interface Unknown {
  readonly meant?: string | undefined
  readonly hint?: string | undefined
}

const maxShown = 60

/** A value in a message. */
export function shown(value: Json | undefined): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'keys and values'
  const text =
    typeof value === 'number' ? String(value) : JSON.stringify(typeof value === 'string' ? withoutCredentials(value) : value)
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text
}

type Mapping = { readonly [key: string]: Json }

/** Tags like !!set and !!binary make objects of other kinds, which no plan can hold. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

const ownValue = (within: Mapping | readonly Json[], key: string | number): Json | undefined =>
  Object.hasOwn(within, key) ? (Reflect.get(within, key) as Json) : undefined
