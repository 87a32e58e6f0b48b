import { crc32 } from './crc32.ts'
import { readU64, writeU64 } from './u64.ts'

/**
 * A record in a segment, little-endian:
 *
 *     0  u32  CRC-32 of everything after it, begun with the salt of the journal
 *     4  u32  length of the payload
 *     8  u64  sequence number, from 1
 *    16  u32  how many records before this one were not yet known to be on disk when it was made
 *    20  u8   type, the caller's own
 *    21       payload
 *
 * The salt keeps a payload that contains a frame (a log of a journal) from being taken for one. The lag tells a torn tail from
 * damage: a valid frame that follows a bad one and knew it to be on disk proves that the disk lost it later.
 */
export const frameHeaderBytes = 21

/** Larger ones belong into a file that the record names. */
export const maxPayloadBytes = 64 * 1024 * 1024

export interface JournalRecord {
  readonly sequence: number
  /** 0 to 255, the caller's own. */
  readonly type: number
  readonly payload: Uint8Array
}

export interface Frame extends JournalRecord {
  /** Every record up to this one was on disk when the frame was made. */
  readonly durable: number
  readonly bytes: number
}

export interface FrameTarget {
  readonly buffer: Buffer
  readonly at: number
  readonly salt: number
}

/** A record that is to be written: its payload in pieces, one behind the other. */
export interface UnwrittenRecord extends Pick<JournalRecord, 'sequence' | 'type'> {
  readonly pieces: readonly Uint8Array[]
  /** See Frame. */
  readonly durable: number
}

/** Writes a frame into a buffer that has room for it; returns its size. */
export function encodeFrame({ sequence, type, pieces, durable }: UnwrittenRecord, { buffer, at, salt }: FrameTarget): number {
  let end = at + frameHeaderBytes
  for (const piece of pieces) {
    buffer.set(piece, end)
    end += piece.length
  }
  buffer.writeUInt32LE(end - at - frameHeaderBytes, at + 4)
  writeU64(buffer, at + 8, sequence)
  buffer.writeUInt32LE(Math.min(sequence - 1 - durable, 0xffffffff), at + 16)
  buffer[at + 20] = type
  buffer.writeUInt32LE(crc32(buffer.subarray(at + 4, end), salt), at)
  return end - at
}

/** The size that a frame claims to have; undefined where its header is cut off, NaN where no frame can be that long. */
export function frameSizeAt(buffer: Buffer, at: number): number | undefined {
  if (at + frameHeaderBytes > buffer.length) return undefined
  const length = buffer.readUInt32LE(at + 4)
  return length > maxPayloadBytes ? Number.NaN : frameHeaderBytes + length
}

/** The sequence number that stands at the offset of a frame, valid or not. */
export const sequenceAt = (buffer: Buffer, at: number): number => readU64(buffer, at + 8)

/** The frame at an offset, its payload a view into the buffer; undefined where there is no valid and whole one. */
export function decodeFrame({ buffer, at, salt }: FrameTarget): Frame | undefined {
  const bytes = frameSizeAt(buffer, at)
  if (bytes === undefined || !(at + bytes <= buffer.length)) return undefined
  const sequence = sequenceAt(buffer, at)
  if (sequence === 0) return undefined
  if (crc32(buffer.subarray(at + 4, at + bytes), salt) !== buffer.readUInt32LE(at)) return undefined
  const durable = Math.max(0, sequence - 1 - buffer.readUInt32LE(at + 16))
  return { sequence, type: buffer[at + 20] ?? 0, durable, bytes, payload: buffer.subarray(at + frameHeaderBytes, at + bytes) }
}
