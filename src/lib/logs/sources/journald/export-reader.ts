import { ByteQueue } from '../../../net/byte-queue.ts'

export interface JournalEntry {
  /** In their order; a name may come more than once. */
  readonly fields: readonly (readonly [string, Buffer])[]
  /** Of the entry as it was exported, the blank line behind it included. */
  readonly bytes: number
}

const [newline, equals] = [10, 61]
const lengthBytes = 8
/** systemd itself takes no field above 768 MiB; nobody logs so much. */
const maxFieldBytes = 64 * 1024 * 1024

/**
 * Entries in systemd's Journal Export Format (https://systemd.io/JOURNAL_EXPORT_FORMATS): `NAME=value` lines, or the name alone, then the
 * length of the value in 8 bytes, little-endian, the value and a newline; a blank line behind each entry.
 */
export class ExportReader {
  readonly #held = new ByteQueue()
  #fields: (readonly [string, Buffer])[] = []
  #bytes = 0

  /** Not at the beginning of an entry. */
  get isWithinEntry(): boolean {
    return this.#held.length > 0 || this.#bytes > 0
  }

  /** @throws Error where it is no such format */
  *add(bytes: Uint8Array): Generator<JournalEntry> {
    this.#held.push(bytes)
    for (let taken = this.#field(); taken > 0; taken = this.#field()) {
      this.#bytes += taken
      this.#held.drop(taken)
      if (taken > 1) continue
      const entry = { fields: this.#fields, bytes: this.#bytes }
      this.#fields = []
      this.#bytes = 0
      if (entry.fields.length > 0) yield entry
    }
  }

  /** How many bytes the next field has, which is kept; 1 where it is the end of an entry, 0 where it is not there whole. */
  #field(): number {
    const { bytes } = this.#held
    const end = bytes.indexOf(newline)
    if (end <= 0) return end === 0 ? 1 : 0
    const sign = bytes.subarray(0, end).indexOf(equals)
    if (sign !== -1) {
      this.#fields.push([bytes.toString('latin1', 0, sign), Buffer.from(bytes.subarray(sign + 1, end))])
      return end + 1
    }
    const begin = end + 1 + lengthBytes
    if (bytes.length < begin) return 0
    const length = Number(bytes.readBigUInt64LE(end + 1))
    if (length > maxFieldBytes) throw new Error(`a field of the journal has ${length} bytes: this is no export of a journal`)
    if (bytes.length < begin + length + 1) return 0
    if (bytes[begin + length] !== newline) throw new Error('a field of the journal does not end where it says')
    this.#fields.push([bytes.toString('latin1', 0, end), Buffer.from(bytes.subarray(begin, begin + length))])
    return begin + length + 1
  }
}
