/**
 * Which regular expressions a backtracking engine runs in time linear in the text, and those as JavaScript writes them with the meaning of RE2.
 *
 * Only such are taken that begin with `^` and never leave a choice: where something may repeat or be left out, the next character alone says
 * whether it goes on, since none that could stand in it could stand behind it; and so for the branches of an alternative. Then each way that is
 * tried after a failure fails with its next character: repetitions, which are of single characters only, are walked once forward and once back.
 */
export function linearSource(pattern: string): string | undefined {
  try {
    const { node, source } = new Reader(pattern).whole()
    firstOf(node, nothing)
    return source
  } catch (error) {
    if (error instanceof NotLinear) return undefined
    throw error
  }
}

class NotLinear extends Error {}

/** Characters: a bit for each of ASCII, one for all others, and one for the end of the text. */
type CharSet = bigint

const nothing: CharSet = 0n
const others: CharSet = 1n << 128n
const end: CharSet = 1n << 129n
const all: CharSet = end - 1n

type Node =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'end' }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'branches'; readonly items: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly least: number; readonly most: number }

/** What may stand first where `follow` stands behind it. An empty `follow`: nothing has to come, so that nothing fails there. @throws NotLinear */
function firstOf(node: Node, follow: CharSet): CharSet {
  if (node.kind === 'set') return node.set
  if (node.kind === 'end') return follow === nothing ? end : no()
  if (node.kind === 'sequence') return node.items.reduceRight((behind, item) => firstOf(item, behind), follow)
  if (node.kind === 'branches') {
    return node.items.reduce((taken, item) => apart(taken, isEmptiable(item) ? no() : firstOf(item, follow)), nothing)
  }
  const { item, least, most } = node
  if (item.kind !== 'set' && (least !== 0 || most !== 1 || isEmptiable(item))) return no()
  const first = firstOf(item, follow)
  if (least === most) return first
  const both = apart(first, follow)
  return least === 0 ? both : first
}

/** Both together. @throws NotLinear where they overlap */
const apart = (one: CharSet, other: CharSet): CharSet => ((one & other) === 0n ? one | other : no())

function isEmptiable(node: Node): boolean {
  if (node.kind === 'sequence') return node.items.every(isEmptiable)
  if (node.kind === 'branches') return node.items.some(isEmptiable)
  return node.kind === 'repeat' ? node.least === 0 || isEmptiable(node.item) : node.kind === 'end'
}

function no(): never {
  throw new NotLinear()
}

interface Part {
  readonly node: Node
  readonly source: string
}

const maxRepeat = 1000
const ranges = (text: string): CharSet => [...text].reduce((set, char) => set | bit(char.codePointAt(0) ?? 0), 0n)
const bit = (code: number): CharSet => (code < 128 ? 1n << BigInt(code) : others)
const digits = ranges('0123456789')
const word = ranges('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz')
const spaces = ranges('\t\n\f\r ')

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

  constructor(text: string) {
    this.#text = text
  }

  whole(): Part {
    if (!this.#take('^')) no()
    const { node, source } = this.#sequence()
    return this.#at === this.#text.length ? { node, source: `^${source}` } : no()
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

  #sequence(): Part {
    const parts: Part[] = []
    while (!this.#isAtEnd && this.#next !== '|' && this.#next !== ')') parts.push(this.#repeated(this.#atom()))
    return {
      node: { kind: 'sequence', items: parts.map(({ node }) => node) },
      source: parts.map(({ source }) => source).join(''),
    }
  }

  #atom(): Part {
    const char = this.#char()
    if (char === '(') return this.#group()
    if (char === '[') return this.#class()
    if (char === '.') return { node: { kind: 'set', set: all & ~bit(10) }, source: String.raw`[^\n]` }
    if (char === '$') return { node: { kind: 'end' }, source: '$' }
    if (char === '\\') return this.#escape()
    return '*+?{}^]'.includes(char) ? no() : literal(char.codePointAt(0) ?? 0)
  }

  #group(): Part {
    let open = '('
    if (this.#take('?:')) open = '(?:'
    else if (this.#take('?P<') || this.#take('?<')) {
      // Groups are asked for by number: names would make an object of every match.
      const name = /^\w+>/.exec(this.#text.slice(this.#at))?.[0] ?? no()
      this.#at += name.length
    } else if (this.#next === '?') no()
    const branches = [this.#sequence()]
    while (this.#take('|')) branches.push(this.#sequence())
    if (!this.#take(')')) no()
    const [only] = branches
    const node: Node = only && branches.length === 1 ? only.node : { kind: 'branches', items: branches.map(part => part.node) }
    return { node, source: `${open}${branches.map(({ source }) => source).join('|')})` }
  }

  #escape(): Part {
    const char = this.#char()
    const lower = Object.hasOwn(classes, char.toLowerCase()) ? classes[char.toLowerCase()] : undefined
    if (lower) {
      const isNegated = char !== char.toLowerCase()
      return {
        node: { kind: 'set', set: isNegated ? all & ~lower.set : lower.set },
        source: `[${isNegated ? '^' : ''}${lower.within}]`,
      }
    }
    return literal(escaped(char))
  }

  /** Behind its `[`. */
  #class(): Part {
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
    return { node: { kind: 'set', set: isNegated ? (all & ~set) | others : set }, source: `[${isNegated ? '^' : ''}${source}]` }
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

  #repeated({ node, source }: Part): Part {
    const found = /^(?:([*+?])|\{(\d{1,4})(?:(,)(\d{0,4}))?\})\??/.exec(this.#text.slice(this.#at))
    if (!found) return { node, source }
    const [whole, sign, count, comma, upper] = found
    this.#at += whole.length
    // Of what is repeated already there is no repetition.
    if (/^[*+?{]/.test(this.#text.slice(this.#at)) || node.kind === 'end') no()
    const least = sign === undefined ? Number(count) : sign === '+' ? 1 : 0
    const most =
      sign === undefined
        ? comma
          ? upper
            ? Number(upper)
            : Number.POSITIVE_INFINITY
          : least
        : sign === '?'
          ? 1
          : Number.POSITIVE_INFINITY
    if (most < least || least > maxRepeat || (most > maxRepeat && Number.isFinite(most)) || most === 0) no()
    return { node: { kind: 'repeat', item: node, least, most }, source: source + whole }
  }
}

const literal = (code: number): Part => ({ node: { kind: 'set', set: bit(code) }, source: codeSource(code) })

/** Of a character behind a backslash. @throws NotLinear for what means something else */
function escaped(char: string): number {
  const control = Object.hasOwn(controls, char) ? controls[char] : undefined
  if (control !== undefined) return control
  return /^[!-/:-@[-`{-~]$/.test(char) ? (char.codePointAt(0) ?? 0) : no()
}

const codeSource = (code: number): string =>
  /^[A-Za-z0-9 ]$/.test(String.fromCodePoint(code)) ? String.fromCodePoint(code) : `\\u{${code.toString(16)}}`
