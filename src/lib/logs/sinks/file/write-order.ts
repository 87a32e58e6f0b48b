import type { Parcel } from '../../../core/sink.ts'
import type { FileState } from './log-file.ts'

/** Parcels at their place in the order of the file, from the first attempt to the receipt. */
export interface Entry {
  readonly key: string
  readonly parts: readonly Uint8Array[]
  readonly bytes: number
  isWritten: boolean
  /** Of the file, when it is written. */
  end: number
  /** Tells whoever waits for it; absent while nobody does, and then it is not written. */
  settle: ((result: FileState | Error) => void) | undefined
}

const keyOf = ({ id, part }: Parcel): string => (part ? `${part.of}.${part.first}` : id)

/**
 * The order in which parcels are in the file. It is that of the first attempts: what failed keeps its place and is written again before what
 * came behind it, so that "the first so many bytes" is always what was acknowledged.
 */
export class WriteOrder {
  readonly #entries: Entry[] = []
  readonly #encode: (parcel: Parcel) => Uint8Array

  constructor(encode: (parcel: Parcel) => Uint8Array) {
    this.#encode = encode
  }

  /** Its place: a new one, or the one that it had at an earlier attempt. */
  place(parcels: readonly Parcel[]): Entry {
    const key = parcels.map(keyOf).join(' ')
    const found = this.#entries.find(entry => entry.key === key)
    if (found) return found
    const parts = parcels.map(this.#encode)
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    const entry: Entry = { key, parts, bytes, isWritten: false, end: 0, settle: undefined }
    this.#entries.push(entry)
    return entry
  }

  /** What can be written now: waited for, and nothing before it is missing. */
  writable(maxBytes: number): Entry[] {
    const found: Entry[] = []
    let bytes = 0
    for (const entry of this.#entries) {
      if (entry.isWritten) continue
      if (entry.settle === undefined || bytes > maxBytes) break
      found.push(entry)
      bytes += entry.bytes
    }
    return found
  }

  /** What ends before `end` is safe. Those for which nobody waits any more stay until they are asked for again. */
  safe(end: number, stateOf: (entry: Entry) => FileState): void {
    for (const entry of [...this.#entries]) {
      if (!entry.isWritten || entry.end > end) break
      if (entry.settle === undefined) continue
      this.#entries.splice(this.#entries.indexOf(entry), 1)
      entry.settle(stateOf(entry))
    }
  }

  /** What is behind `safe` in the file is taken back, and all that wait are told. */
  failed(error: Error, safe: number): void {
    for (const entry of this.#entries) {
      if (entry.isWritten && entry.end > safe) entry.isWritten = false
      const { settle } = entry
      entry.settle = undefined
      settle?.(error)
    }
  }
}
