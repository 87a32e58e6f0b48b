import type { JournalRecord } from '../../journal/frame.ts'
import type { ChunkHead } from './chunk.ts'

/** A chunk as it comes out of the spool, and the records of the journal that it was made of: the second behind the last. */
export interface SpoolEntry {
  readonly head: ChunkHead
  readonly records: Uint8Array
  readonly sequence: number
  readonly next: number
}

/**
 * An entry is one record of the journal of type `first`: u32 length of the head, little-endian, the head as JSON, records; where these are
 * long the rest follows in records of type `more`. One that is not whole is of a writer that was killed or met a full disk, and is passed over.
 */
const types = { first: 1, more: 2 } as const
const pieceBytes = 2 * 1024 * 1024
const lengthBytes = 4

interface StoredHead extends ChunkHead {
  /** Bytes of all records. */
  readonly size: number
}

/** A record of the journal: its payload in pieces. */
export interface EntryRecord {
  readonly type: number
  readonly pieces: readonly Uint8Array[]
}

/** What is to be appended, in this order; nothing of the records is copied. */
export function* encodeEntry(head: ChunkHead, records: Uint8Array): Iterable<EntryRecord> {
  const { id, count, source, stream, from, to, token, lines, bytes, dead } = head
  const stored: StoredHead = {
    id,
    count,
    source,
    stream,
    from,
    to,
    ...(token !== undefined && { token }),
    lines,
    bytes,
    dead,
    size: records.length,
  }
  const text = Buffer.from(JSON.stringify(stored))
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32LE(text.length)
  yield { type: types.first, pieces: [length, text, records.subarray(0, pieceBytes)] }
  for (let at = pieceBytes; at < records.length; at += pieceBytes)
    yield { type: types.more, pieces: [records.subarray(at, at + pieceBytes)] }
}

/** Entries of records of the journal, which are borrowed: an entry is good until the next is asked for. */
export async function* decodeEntries(records: AsyncIterable<JournalRecord>): AsyncGenerator<SpoolEntry> {
  let open: { readonly head: StoredHead; readonly sequence: number; readonly pieces: Uint8Array[]; missing: number } | undefined
  for await (const { type, payload, sequence } of records) {
    if (type === types.first) {
      const begin = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
      const headEnd = lengthBytes + begin.readUInt32LE(0)
      // Written by this very file, and the journal guards every byte.
      const head = JSON.parse(begin.toString('utf8', lengthBytes, headEnd)) as StoredHead
      const piece = payload.subarray(headEnd)
      open = { head, sequence, pieces: [piece], missing: head.size - piece.length }
    } else if (open) {
      open.pieces.push(payload)
      open.missing -= payload.length
    }
    if (open === undefined) continue
    if (open.missing > 0) {
      open.pieces.push(Buffer.from(open.pieces.pop() ?? []))
      continue
    }
    const { head, pieces } = open
    const [only] = pieces
    yield {
      head,
      records: pieces.length === 1 && only ? only : Buffer.concat(pieces),
      sequence: open.sequence,
      next: sequence + 1,
    }
    open = undefined
  }
}
