import { others, type PatternNode } from './pattern-tree.ts'

/** What kind a character is: its code in ASCII, or this for all others together. */
export const beyondAscii = 128

/** A set of characters. */
export class Chars {
  /** 1 for those of ASCII that belong to it, and behind them for all others together, where any of those does. */
  readonly ascii = new Uint8Array(beyondAscii + 2)
  readonly #mixed: RegExp | undefined

  constructor({ set, source, isMixed = false }: Extract<PatternNode, { kind: 'set' }>) {
    for (let code = 0; code < beyondAscii; code++) this.ascii[code] = (set >> BigInt(code)) & 1n ? 1 : 0
    this.ascii[beyondAscii] = (set & others) === 0n ? 0 : 1
    this.#mixed = isMixed ? new RegExp(`^${source}$`, 'u') : undefined
  }

  /** Of the character there, in UTF-16; 0 where it does not belong to it, and at the end. */
  width(text: string, at: number): number {
    const code = text.charCodeAt(at)
    if (code < beyondAscii) return this.ascii[code] ?? 0
    if (Number.isNaN(code) || this.ascii[beyondAscii] === 0) return 0
    const width = isHigh(code) && isLow(text.charCodeAt(at + 1)) ? 2 : 1
    return this.#mixed === undefined || this.#mixed.test(text.slice(at, at + width)) ? width : 0
  }
}

/** At the end of the text none of those that are looked up. */
export function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code < beyondAscii ? code : Number.isNaN(code) ? beyondAscii + 1 : beyondAscii
}

const isHigh = (code: number): boolean => code >= 0xd800 && code < 0xdc00
const isLow = (code: number): boolean => code >= 0xdc00 && code < 0xe000
export const isInPair = (text: string, at: number): boolean => isLow(text.charCodeAt(at)) && isHigh(text.charCodeAt(at - 1))

export const isWord = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95
