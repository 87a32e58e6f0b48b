import { nodeSetError } from './error.ts'
import { parseRanges, type Range } from './ranges.ts'

/** `,` union, `!` difference, `&` intersection, `^` symmetric difference. */
export type Operator = ',' | '!' | '&' | '^'

/** A word with what it does to the words before it. */
export interface Operand {
  readonly operator: Operator
  readonly word: Word
  /** Set when the text begins with an operator: it applies to what was there before the text. */
  readonly leading: boolean
}

/** One word, brackets understood: literal text and ranges in turn. */
export interface Word {
  readonly at: number
  readonly end: number
  readonly group: boolean
  readonly parts: readonly (string | readonly Range[])[]
}

/**
 * The words of a node set. White space parts words as a comma does; before an operator it means nothing.
 * @throws OpsError E_NODE_SET
 */
export function parseNodeSet(text: string): Operand[] {
  const operands: Operand[] = []
  let at = skipSpace(text, 0)
  while (at < text.length) {
    const first = operands.length === 0
    const { operator, end } = readOperator({ text, at, first })
    const word = readWord(text, end)
    operands.push({ operator: operator ?? ',', word, leading: first && operator !== undefined })
    at = skipSpace(text, word.end)
  }
  return operands
}

const isOperator = (character: string | undefined): character is Operator =>
  character === ',' || character === '!' || character === '&' || character === '^'
const isSpace = (character: string | undefined): boolean =>
  character !== undefined && !(character > ' ' && character <= '~') && /\s/.test(character)

function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text[at])) at++
  return at
}

/** At most one operator; `,!` means `!`, as people who know other tools write it. */
function readOperator({ text, at, first }: { text: string; at: number; first: boolean }): { operator?: Operator; end: number } {
  const character = text[at]
  if (!isOperator(character)) return { end: at }
  const next = skipSpace(text, at + 1)
  const after = text[next]
  if (character === ',' && !first && after !== ',' && isOperator(after)) return readOperator({ text, at: next, first })
  if (next >= text.length || isOperator(after)) throw nodeSetError({ text, at, problem: `nothing after '${character}'` })
  if (first && character === ',') throw nodeSetError({ text, at, problem: "nothing before ','" })
  return { operator: character, end: next }
}

function readWord(text: string, start: number): Word {
  const group = text[start] === '@'
  const parts: (string | Range[])[] = []
  let at = group ? start + 1 : start
  let literal = ''
  while (at < text.length && !isOperator(text[at]) && !isSpace(text[at])) {
    const address = text[at] === '[' ? addressEnd(text, at) : undefined
    if (address !== undefined) {
      literal += text.slice(at, address)
      at = address
    } else if (text[at] === '[') {
      const end = closing(text, at)
      parts.push(literal, parseRanges({ text, start: at + 1, end }))
      literal = ''
      at = end + 1
    } else if (text[at] === ']') {
      throw nodeSetError({ text, at, problem: "']' closes nothing" })
    } else {
      literal += text[at]
      at++
    }
  }
  parts.push(literal)
  if (group && at === start + 1)
    throw nodeSetError({ text, at: start, problem: "'@' without the name of a group", hint: 'write @* for all hosts' })
  return { at: start, end: at, group, parts }
}

/** The end of `[2001:db8::1]` at the begin of a word or after `user@` or `ssh://`: an address and not a range. */
function addressEnd(text: string, open: number): number | undefined {
  const before = text[open - 1]
  if (open > 0 && !isSpace(before) && !isOperator(before) && before !== '@' && before !== '/') return undefined
  const match = /^\[[0-9a-f:.]*:[0-9a-f:.]*(?:%[\w.-]+)?\]/i.exec(text.slice(open, open + 80))
  return match && match[0].split(':').length > 2 ? open + match[0].length : undefined
}

function closing(text: string, open: number): number {
  const end = text.indexOf(']', open)
  const again = text.indexOf('[', open + 1)
  if (end === -1) throw nodeSetError({ text, at: open, problem: "'[' is never closed" })
  if (again !== -1 && again < end) throw nodeSetError({ text, at: again, problem: "'[' inside a bracket" })
  return end
}
