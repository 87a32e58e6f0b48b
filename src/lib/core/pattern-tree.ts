/**
 * Regular expressions of RE2 as trees, as far as they are written with what is known here: characters, classes, groups, alternatives and repetitions.
 */

/** Characters: a bit for each of ASCII, one for all others, and one for the end of the text. */
export type CharSet = bigint

export const others: CharSet = 1n << 128n
export const endOfText: CharSet = 1n << 129n
export const allChars: CharSet = endOfText - 1n

export type PatternNode =
  /** One character. `isMixed`: some beyond ASCII belong to it and some do not, which `source`, of JavaScript, tells. */
  | { readonly kind: 'set'; readonly set: CharSet; readonly source: string; readonly isMixed?: boolean }
  /** Of the text. */
  | { readonly kind: 'begin' | 'end' }
  /** Of a word, or where there is none. */
  | { readonly kind: 'boundary'; readonly isNegated: boolean }
  | { readonly kind: 'group'; readonly number: number; readonly item: PatternNode }
  | { readonly kind: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'branches'; readonly items: readonly PatternNode[] }
  | {
      readonly kind: 'repeat'
      readonly item: PatternNode
      readonly least: number
      readonly most: number
      readonly isLazy: boolean
      /** As it is written. */
      readonly sign: string
    }

export interface PatternTree {
  readonly root: PatternNode
  /** How many groups it has. */
  readonly groups: number
  /** The numbers of those that have a name. */
  readonly names: ReadonlyMap<string, number>
}

/** Undefined where something is not known here. The expression is one that RE2 takes. */
export function patternTree(text: string): PatternTree | undefined {
  try {
    const reader = new Reader(text)
    return { root: reader.whole(), groups: reader.groups, names: reader.names }
  } catch (error) {
    if (error instanceof Unknown) return undefined
    throw error
  }
}

/** Whether it may fit nothing at all. */
export function isEmptiable(node: PatternNode): boolean {
  if (node.kind === 'sequence') return node.items.every(isEmptiable)
  if (node.kind === 'branches') return node.items.some(isEmptiable)
  if (node.kind === 'group') return isEmptiable(node.item)
  return node.kind === 'repeat' ? node.least === 0 || isEmptiable(node.item) : node.kind !== 'set'
}

class Unknown extends Error {}

function no(): never {
  throw new Unknown()
}

const maxRepeat = 1000
const chars = (text: string): CharSet => [...text].reduce((set, char) => set | bit(char.codePointAt(0) ?? 0), 0n)
const bit = (code: number): CharSet => (code < 128 ? 1n << BigInt(code) : others)
const digits = chars('0123456789')
const word = chars('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz')
const spaces = chars('\t\n\f\r ')

/** Of RE2, which knows other white space than JavaScript. */
const classes: Readonly<Record<string, { readonly set: CharSet; readonly within: string }>> = {
  d: { set: digits, within: String.raw`\d` },
  w: { set: word, within: String.raw`\w` },
  s: { set: spaces, within: String.raw`\t\n\f\r ` },
}
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, f: 12, r: 13, v: 11 }

/** Reads what it knows, and refuses what it does not. */
class Reader {
  readonly #text: string
  #at = 0
  groups = 0
  readonly names = new Map<string, number>()

  constructor(text: string) {
    this.#text = text
  }

  whole(): PatternNode {
    const root = this.#branches()
    return this.#isAtEnd ? root : no()
  }

  get #next(): string {
    return String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0)
  }

  get #isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #char(): string {
    const char = this.#isAtEnd ? no() : this.#next
    this.#at += char.length
    return char
  }

  #branches(): PatternNode {
    const items = [this.#sequence()]
    while (this.#take('|')) items.push(this.#sequence())
    const [only] = items
    return only && items.length === 1 ? only : { kind: 'branches', items }
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = []
    while (!this.#isAtEnd && this.#next !== '|' && this.#next !== ')') items.push(this.#repeated(this.#atom()))
    return { kind: 'sequence', items }
  }

  #atom(): PatternNode {
    const char = this.#char()
    if (char === '(') return this.#group()
    if (char === '[') return this.#class()
    if (char === '.') return { kind: 'set', set: allChars & ~bit(10), source: String.raw`[^\n]` }
    if (char === '^') return { kind: 'begin' }
    if (char === '$') return { kind: 'end' }
    if (char === '\\') return this.#escape()
    return '*+?{}]'.includes(char) ? no() : literal(char.codePointAt(0) ?? 0)
  }

  #group(): PatternNode {
    const isGroup = !this.#take('?:')
    if (isGroup && (this.#take('?P<') || this.#take('?<'))) {
      const name = /^\w+>/.exec(this.#text.slice(this.#at))?.[0] ?? no()
      this.#at += name.length
      this.names.set(name.slice(0, -1), this.groups + 1)
    } else if (this.#next === '?') no()
    const number = isGroup ? ++this.groups : 0
    const item = this.#branches()
    if (!this.#take(')')) no()
    return isGroup ? { kind: 'group', number, item } : item
  }

  #escape(): PatternNode {
    const char = this.#char()
    if (char === 'b' || char === 'B') return { kind: 'boundary', isNegated: char === 'B' }
    const lower = Object.hasOwn(classes, char.toLowerCase()) ? classes[char.toLowerCase()] : undefined
    if (!lower) return literal(escaped(char))
    const isNegated = char !== char.toLowerCase()
    return {
      kind: 'set',
      set: isNegated ? allChars & ~lower.set : lower.set,
      source: `[${isNegated ? '^' : ''}${lower.within}]`,
    }
  }

  /** Behind its `[`. */
  #class(): PatternNode {
    const isNegated = this.#take('^')
    let set: CharSet = 0n
    let source = ''
    for (let isFirst = true; isFirst || !this.#take(']'); isFirst = false) {
      if (this.#take('[')) no()
      const known = this.#next === '\\' ? this.#classWithin() : undefined
      if (known) {
        set |= known.set
        source += known.within
        continue
      }
      const from = this.#classChar()
      let to = from
      // A dash at the end stands for itself.
      if (this.#next === '-' && this.#text[this.#at + 1] !== ']') {
        this.#at++
        to = this.#take('[') ? no() : this.#classChar()
      }
      if (to < from) no()
      for (let code = from; code <= Math.min(to, 128); code++) set |= bit(code)
      if (to > 127) set |= others
      source += from === to ? codeSource(from) : `${codeSource(from)}-${codeSource(to)}`
    }
    const isMixed = (set & others) !== 0n
    return {
      kind: 'set',
      set: isNegated ? (allChars & ~set) | others : set,
      source: `[${isNegated ? '^' : ''}${source}]`,
      ...(isMixed && { isMixed }),
    }
  }

  #classWithin(): { readonly set: CharSet; readonly within: string } | undefined {
    const letter = this.#text[this.#at + 1] ?? ''
    const known = Object.hasOwn(classes, letter) ? classes[letter] : undefined
    if (known) this.#at += 2
    return known
  }

  #classChar(): number {
    const char = this.#char()
    return char === '\\' ? escaped(this.#char()) : (char.codePointAt(0) ?? 0)
  }

  #repeated(item: PatternNode): PatternNode {
    const found = /^(?:([*+?])|\{(\d{1,4})(?:(,)(\d{0,4}))?\})\??/.exec(this.#text.slice(this.#at, this.#at + 16))
    if (!found) return item
    const [sign, short, count, comma, upper] = found
    this.#at += sign.length
    // Of what is repeated already there is no repetition.
    if (/^[*+?{]/.test(this.#text.slice(this.#at, this.#at + 1)) || item.kind === 'end' || item.kind === 'begin') no()
    const least = short === undefined ? Number(count) : short === '+' ? 1 : 0
    const most = short === undefined ? upperOf({ least, comma, upper }) : short === '?' ? 1 : Number.POSITIVE_INFINITY
    if (most < least || least > maxRepeat || (most > maxRepeat && Number.isFinite(most)) || most === 0) no()
    return { kind: 'repeat', item, least, most, isLazy: sign.length > 1 && sign.endsWith('?'), sign }
  }
}

/** Of `{3}`, `{3,}` and `{3,5}`. */
function upperOf({
  least,
  comma,
  upper,
}: {
  readonly least: number
  readonly comma: string | undefined
  readonly upper: string | undefined
}): number {
  if (!comma) return least
  return upper ? Number(upper) : Number.POSITIVE_INFINITY
}

const literal = (code: number): PatternNode => ({
  kind: 'set',
  set: bit(code),
  source: codeSource(code),
  ...(code > 127 && { isMixed: true }),
})

/** Of a character behind a backslash. @throws Unknown for what means something else */
function escaped(char: string): number {
  const control = Object.hasOwn(controls, char) ? controls[char] : undefined
  if (control !== undefined) return control
  return /^[!-/:-@[-`{-~]$/.test(char) ? (char.codePointAt(0) ?? 0) : no()
}

const codeSource = (code: number): string =>
  /^[A-Za-z0-9 ]$/.test(String.fromCodePoint(code)) ? String.fromCodePoint(code) : `\\u{${code.toString(16)}}`
