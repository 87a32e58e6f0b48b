import type { BufferPool } from '../delivery/buffer-pool.ts'
import type { RecordBuffer } from '../record-buffer.ts'

/** Memory that several lanes read: given back when each of them has released it. */
export interface SharedMemory {
  readonly records: Uint8Array
  /** Bytes of memory that are kept for them. */
  readonly holds: number
  release(): void
}

/** What is in the buffer, for so many readers: handed over where it is much, copied where keeping the whole buffer for it would be a waste. */
export function takeShared(
  buffer: RecordBuffer,
  { pool, readers }: { readonly pool: BufferPool; readonly readers: number },
): SharedMemory {
  const { bytes, length } = buffer
  if (length < bytes.length / 2) return { records: buffer.take().slice(), holds: length, release: () => {} }
  let left = readers
  return {
    records: buffer.handOver(pool.take()),
    holds: bytes.length,
    release: () => {
      left--
      if (left === 0) pool.give(bytes)
    },
  }
}

/** What is in the buffer, for rules that have judged it before the next lines are read: nobody takes it further, and its bytes are not kept. */
export function lendShared(buffer: RecordBuffer): SharedMemory {
  const records = buffer.take()
  return { records, holds: records.length, release: () => {} }
}
