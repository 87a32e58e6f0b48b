import { type CharSet, others, type PatternNode } from '../../../core/pattern-tree.ts'

export type SetNode = Extract<PatternNode, { kind: 'set' }>

/** Of a byte: it is part of a character beyond ASCII, and of those some belong to the set and some do not. */
export const doubtful = 2

/** For each byte whether it belongs to the set: 1, or `doubtful`. The end of a line belongs to none. */
export function byteSet({ set, isMixed = false }: SetNode): Uint8Array {
  const beyond = (set & others) === 0n ? 0 : isMixed ? doubtful : 1
  return Uint8Array.from({ length: 256 }, (_, byte) => (byte === newline ? 0 : byte < 0x80 ? bitOf(set, byte) : beyond))
}

const bitOf = (set: CharSet, byte: number): number => Number((set >> BigInt(byte)) & 1n)

/** The byte that is all of it; undefined where it is another set. */
export function onlyByte({ set, isMixed = false }: SetNode): number | undefined {
  const byte = set.toString(2).length - 1
  return !isMixed && set === 1n << BigInt(byte) && byte < 0x80 && byte !== newline ? byte : undefined
}

/** What a step may begin with that begins with one of the set. */
export const firstOfSet = (table: Uint8Array): Uint8Array => table.map(kind => (kind === 0 ? 0 : 1))

/** Nothing that is of the set can begin what comes behind it. */
export const isApart = (table: Uint8Array, first: Uint8Array | undefined): boolean =>
  first?.every((isIn, byte) => isIn === 0 || table[byte] === 0) ?? false

const newline = 10
/** What stands at the end of a line. */
export const lineEnds = Uint8Array.from({ length: 256 }, (_, byte) => (byte === newline || byte === 13 ? 1 : 0))

/** Of the character that begins with this byte, in bytes. */
export const widthOf = (byte: number): number => (byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4)

/** Within a character, not at its beginning. */
export const isWithinChar = (byte: number): boolean => (byte & 0xc0) === 0x80

/** For each byte whether it is of a word. */
export const wordBytes = Uint8Array.from({ length: 256 }, (_, byte) =>
  /^\w$/.test(String.fromCharCode(byte)) && byte < 0x80 ? 1 : 0,
)
