import type { Json } from '../../core/json.ts'

/**
 * A value as Ansible's INI takes it: `ast.literal_eval` where the text is a Python literal (numbers, quoted strings, True, None, lists, tuples,
 * dictionaries, sets; a Python comment may follow), the text itself where it is not. Tuples and sets become lists.
 */
export function pythonLiteral(text: string): Json {
  const reader = new Reader(text.replace(/^[ \t]+/, ''))
  try {
    return reader.readAll()
  } catch (error) {
    if (error instanceof NotALiteral) return text
    throw error
  }
}

class NotALiteral extends Error {}

const numberShape =
  /(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*)?\.?(?:\d(?:_?\d)*)?(?:[eE][-+]?\d(?:_?\d)*)?)(?![\w.])/y
const stringStart = /(?:[rR]|[uU])?('''|"""|'|")/y
const simpleEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
}
const maxDepth = 50

class Reader {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  readAll(): Json {
    const value = this.#tupleOrValue()
    this.#space()
    if (this.#text[this.#at] === '#') this.#at = this.#text.length
    if (this.#at < this.#text.length) throw new NotALiteral()
    return value
  }

  /** `1, 2` is a tuple without its parentheses. */
  #tupleOrValue(): Json {
    const first = this.#value()
    if (!this.#take(',')) return first
    const values = [first]
    for (this.#space(); this.#at < this.#text.length && this.#text[this.#at] !== '#'; this.#space()) {
      values.push(this.#value())
      if (!this.#take(',')) break
    }
    return values
  }

  #value(): Json {
    if (++this.#depth > maxDepth) throw new NotALiteral()
    this.#space()
    const value = this.#container() ?? this.#word() ?? this.#string() ?? this.#number()
    this.#depth--
    if (value === undefined) throw new NotALiteral()
    return value === nothing ? null : value
  }

  #container(): Json | typeof nothing | undefined {
    if (this.#take('[')) return this.#items(']').values
    if (this.#take('{')) return this.#braces()
    if (!this.#take('(')) return undefined
    const { values, commas } = this.#items(')')
    return values.length === 1 && commas === 0 ? (values[0] ?? nothing) : values
  }

  #items(close: string): { values: Json[]; commas: number } {
    const values: Json[] = []
    let commas = 0
    while (!this.#take(close)) {
      if (values.length > commas) throw new NotALiteral()
      values.push(this.#value())
      if (this.#take(',')) commas++
    }
    return { values, commas }
  }

  #braces(): Json {
    if (this.#take('}')) return {}
    const first = this.#value()
    if (!this.#take(':')) {
      if (this.#take('}')) return [first]
      if (!this.#take(',')) throw new NotALiteral()
      return [...new Set([first, ...this.#items('}').values])]
    }
    const entries: [string, Json][] = [[keyText(first), this.#value()]]
    while (!this.#take('}')) {
      if (!this.#take(',')) throw new NotALiteral()
      if (this.#take('}')) break
      const key = this.#value()
      if (!this.#take(':')) throw new NotALiteral()
      entries.push([keyText(key), this.#value()])
    }
    return Object.fromEntries(entries)
  }

  #word(): boolean | typeof nothing | undefined {
    const [word] = this.#match(/(?:True|False|None)(?!\w)/y) ?? []
    return word === undefined ? undefined : word === 'None' ? nothing : word === 'True'
  }

  #string(): string | undefined {
    let text: string | undefined
    for (let start = this.#match(stringStart); start; start = this.#match(stringStart)) {
      text = (text ?? '') + this.#rest(start[1] ?? '', /^[rR]/.test(start[0]))
      this.#space()
    }
    return text
  }

  #rest(quote: string, raw: boolean): string {
    let text = ''
    while (!this.#text.startsWith(quote, this.#at)) {
      if (this.#at >= this.#text.length) throw new NotALiteral()
      if (this.#text[this.#at] !== '\\') text += this.#text[this.#at++]
      else text += raw ? this.#rawPair() : this.#escape()
    }
    this.#at += quote.length
    return text
  }

  #rawPair(): string {
    const pair = this.#text.slice(this.#at, this.#at + 2)
    this.#at += 2
    return pair
  }

  #escape(): string {
    const [all, octal, hex] = this.#match(/\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y) ?? []
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8))
    if (all !== undefined) return codePoint(hex ?? all.slice(2))
    const next = this.#text[this.#at + 1]
    if (next === undefined || /[xuUN]/.test(next)) throw new NotALiteral()
    this.#at += 2
    return simpleEscapes[next] ?? `\\${next}`
  }

  #number(): number {
    const sign = this.#match(/[-+] */y)?.[0] ?? ''
    const [digits = ''] = this.#match(numberShape) ?? []
    const plain = digits.replaceAll('_', '')
    // Python refuses 0123, but takes 00 and 0123.5.
    if (!/\d/.test(plain) || /^0\d*[1-9]\d*$/.test(plain)) throw new NotALiteral()
    const value = Number(plain)
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) throw new NotALiteral()
    return sign.startsWith('-') ? -value : value
  }

  #match(shape: RegExp): RegExpExecArray | null {
    shape.lastIndex = this.#at
    const match = shape.exec(this.#text)
    if (match) this.#at += match[0].length
    return match
  }

  #take(character: string): boolean {
    this.#space()
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #space(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++
  }
}

/** None, told apart from "not this kind of value". */
const nothing = Symbol('None')

function codePoint(hex: string): string {
  const value = Number.parseInt(hex, 16)
  if (value > 0x10ffff) throw new NotALiteral()
  return String.fromCodePoint(value)
}

/** JSON knows text keys only; they read as Python's json module writes them. */
function keyText(key: Json): string {
  if (typeof key === 'object' && key !== null) throw new NotALiteral()
  return String(key)
}
