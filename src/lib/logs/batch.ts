/** Where bytes come from: a source, its generation (a rotated file is another one), and the range of bytes within that. */
export interface Origin {
  readonly source: string
  readonly generation: number
  /** Of the first byte, and behind the last; of what came out of a compressed source. */
  readonly from: number
  readonly to: number
}

/**
 * Whole lines as they were read. `bytes` is good until the next batch of its source: whoever keeps any of it copies.
 * A last line without its end gets one, so that every line ends in a newline; `origin` does not count that.
 */
export interface Batch {
  readonly bytes: Uint8Array
  readonly origin: Origin
  /** The batch is one line of which the rest was left out, being longer than lines may be: its length in all. */
  readonly cutFrom?: number
}

const newline = 10

/** Where each line of a batch begins, and behind the last where it ends. */
export function lineOffsets(bytes: Uint8Array): Uint32Array {
  const offsets = [0]
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, end + 1)) offsets.push(end + 1)
  return Uint32Array.from(offsets)
}
