import { OpsError } from '../core/errors.ts'
import { crc32 } from './crc32.ts'
import { readU64, writeU64 } from './u64.ts'

/**
 * The first bytes of a segment, little-endian: magic (8 bytes), u32 version, u32 salt, u64 sequence of the first record, u32 zero,
 * u32 CRC-32 of all before it.
 */
export const segmentHeaderBytes = 32

export interface SegmentHeader {
  /** The same in all segments of a journal. */
  readonly salt: number
  /** Sequence of the first record. */
  readonly base: number
}

const magic = Buffer.from('opsctlJ1')
const version = 1

export function encodeSegmentHeader({ salt, base }: SegmentHeader): Buffer {
  const header = Buffer.alloc(segmentHeaderBytes)
  header.set(magic)
  header.writeUInt32LE(version, 8)
  header.writeUInt32LE(salt, 12)
  writeU64(header, 16, base)
  header.writeUInt32LE(crc32(header.subarray(0, 28)), 28)
  return header
}

/** @throws OpsError E_STATE when it is damaged, or of a later version of the format */
export function decodeSegmentHeader(path: string, header: Buffer): SegmentHeader {
  const whole = header.length >= segmentHeaderBytes && header.subarray(0, magic.length).equals(magic)
  if (!whole || crc32(header.subarray(0, 28)) !== header.readUInt32LE(28)) {
    throw new OpsError('E_STATE', `${path} has no valid header`, {
      hint: 'move it away, and check the disk',
      data: { path, offset: 0 },
    })
  }
  const found = header.readUInt32LE(8)
  if (found !== version) {
    throw new OpsError('E_STATE', `${path} has format ${found} and this opsctl reads format ${version}`, {
      hint: 'use the opsctl that wrote it, or a later one',
      data: { path, format: found },
    })
  }
  return { salt: header.readUInt32LE(12), base: readU64(header, 16) }
}

const nameDigits = 16

export const segmentName = (base: number): string => `${String(base).padStart(nameDigits, '0')}.segment`

/** The base in a file name; undefined for other files. */
export function baseOfName(name: string): number | undefined {
  return name.endsWith('.segment') && /^\d{16}\.segment$/.test(name) ? Number.parseInt(name, 10) : undefined
}
