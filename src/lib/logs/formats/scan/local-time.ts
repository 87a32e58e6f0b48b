import { localTimeLength, rfc3339OfLocal } from '../time.ts'
import { type Cursor, type FieldScan, keyBytes, latin1, nine, zero } from './cursor.ts'

/**
 * `17/May/2015:10:05:03 +0000`. Most lines are of the same minute as the one before, of which only the seconds are another.
 */
export class LocalTimeScan implements FieldScan {
  readonly #key: Uint8Array
  readonly #after: Uint8Array
  /** The last time that was read, and the same as RFC 3339. */
  #last: Uint8Array = new Uint8Array(localTimeLength)
  #iso: Uint8Array = new Uint8Array(0)

  constructor(name: string, after: Uint8Array) {
    this.#key = keyBytes(name, '"')
    this.#after = after
  }

  scan(cursor: Cursor): boolean {
    const { input, output } = cursor
    const key = this.#key
    const after = this.#after
    const begin = cursor.at
    if (!this.#isSameMinute(input, begin) && !this.#read(input, begin)) return false
    const tens = input[begin + 18] as number
    const ones = input[begin + 19] as number
    if (tens < zero || tens > five || ones < zero || ones > nine) return false
    let o = cursor.length
    for (let k = 0; k < key.length; k++) output[o++] = key[k] as number
    const iso = this.#iso
    for (let k = 0; k < iso.length; k++) output[o + k] = iso[k] as number
    output[o + 17] = tens
    output[o + 18] = ones
    o += iso.length
    let i = begin + localTimeLength
    for (let k = 0; k < after.length; k++) if (input[i++] !== after[k]) return false
    cursor.at = i
    cursor.length = o
    return true
  }

  /** Seconds apart; the last digits first, since they change most. */
  #isSameMinute(input: Uint8Array, begin: number): boolean {
    const last = this.#last
    for (let k = 17; k >= 0; k--) if (input[begin + k] !== last[k]) return false
    for (let k = 20; k < localTimeLength; k++) if (input[begin + k] !== last[k]) return false
    return true
  }

  #read(input: Uint8Array, begin: number): boolean {
    const bytes = input.slice(begin, begin + localTimeLength)
    const iso = rfc3339OfLocal(Buffer.from(bytes).toString('latin1'))
    if (iso === undefined) return false
    this.#last = bytes
    this.#iso = latin1(`${iso}"`)
    return true
  }
}

const five = 53
