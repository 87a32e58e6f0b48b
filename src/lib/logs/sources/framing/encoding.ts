import type { TextEncoding } from '../../../core/log-source.ts'

/** How lines are found and read in bytes of one encoding. All offsets are of raw bytes. */
export interface Encoding {
  readonly name: TextEncoding
  /** Behind the first end of a line at or behind `from`; -1 where there is none. */
  lineEnd(raw: Uint8Array, from: number): number
  /** Behind the last end of a line; 0 where there is none. */
  lastLineEnd(raw: Uint8Array): number
  /** The end of a line, and how many bytes it has. */
  readonly newline: readonly number[]
  readonly newlineBytes: number
  /** At most so many of the bytes, without half a character; at least one character. */
  whole(raw: Uint8Array, maxBytes: number): number
  /** The same memory where nothing is to be done. */
  utf8(raw: Uint8Array): Uint8Array
}

const newline = 10

/** The encoding that was asked for, else what a mark at the beginning of a stream tells; and how long the mark is. */
export function encodingOf(
  asked: TextEncoding | undefined,
  head: Uint8Array,
): { readonly encoding: Encoding; readonly markBytes: number } {
  for (const [name, mark] of marks) {
    if ((asked ?? name) === name && mark.every((byte, index) => head[index] === byte))
      return { encoding: encodings[name], markBytes: mark.length }
  }
  return { encoding: encodings[asked ?? 'utf-8'], markBytes: 0 }
}

const marks: readonly (readonly [TextEncoding, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

/** In all but UTF-16 no byte of 10 is anything but the end of a line. */
const byBytes = {
  newline: [newline],
  newlineBytes: 1,
  lineEnd: (raw: Uint8Array, from: number) => raw.indexOf(newline, from) + 1 || -1,
  lastLineEnd: (raw: Uint8Array) => raw.lastIndexOf(newline) + 1,
}

function utf16(name: 'utf-16le' | 'utf-16be'): Encoding {
  const low = name === 'utf-16le' ? 0 : 1
  const isEnd = (raw: Uint8Array, at: number): boolean => raw[at + low] === newline && raw[at + 1 - low] === 0
  return {
    name,
    newline: low === 0 ? [newline, 0] : [0, newline],
    newlineBytes: 2,
    lineEnd(raw, from) {
      for (let at = from; at + 1 < raw.length; at += 2) if (isEnd(raw, at)) return at + 2
      return -1
    },
    lastLineEnd(raw) {
      for (let at = (raw.length & ~1) - 2; at >= 0; at -= 2) if (isEnd(raw, at)) return at + 2
      return 0
    },
    whole(raw, maxBytes) {
      if (raw.length <= maxBytes) return raw.length
      const end = Math.max(2, maxBytes & ~1)
      const isLowSurrogate = ((raw[end + 1 - low] ?? 0) & 0xfc) === 0xdc
      return isLowSurrogate ? (end > 2 ? end - 2 : 4) : end
    },
    utf8: raw => Buffer.from(new TextDecoder(name, { ignoreBOM: true }).decode(raw)),
  }
}

const encodings: Readonly<Record<TextEncoding, Encoding>> = {
  'utf-8': {
    ...byBytes,
    name: 'utf-8',
    whole(raw, maxBytes) {
      let end = Math.min(raw.length, maxBytes)
      for (let back = 0; back < 3 && end > 1 && end < raw.length && ((raw[end] ?? 0) & 0xc0) === 0x80; back++) end--
      return end
    },
    utf8: raw => raw,
  },
  latin1: {
    ...byBytes,
    name: 'latin1',
    whole: (raw, maxBytes) => Math.min(raw.length, maxBytes),
    // Not the runtime's decoder, which takes it for Windows-1252.
    utf8: raw => Buffer.from(Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('latin1')),
  },
  gb18030: {
    ...byBytes,
    name: 'gb18030',
    whole(raw, maxBytes) {
      let end = 0
      while (end < raw.length) {
        const next = end + gb18030Length(raw, end)
        if (next > maxBytes && end > 0) break
        end = Math.min(next, raw.length)
      }
      return end
    },
    utf8: raw => Buffer.from(new TextDecoder('gb18030').decode(raw)),
  },
  'utf-16le': utf16('utf-16le'),
  'utf-16be': utf16('utf-16be'),
}

function gb18030Length(raw: Uint8Array, at: number): 1 | 2 | 4 {
  if ((raw[at] ?? 0) < 0x81) return 1
  const second = raw[at + 1] ?? 0
  return second >= 0x30 && second <= 0x39 ? 4 : 2
}
