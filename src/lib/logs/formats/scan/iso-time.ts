import { isRfc3339 } from '../time.ts'
import { type Cursor, colon, dash, dot, type FieldScan, keyBytes, latin1, nine, plus, quote, zero } from './cursor.ts'

/** A time of RFC 3339 in capitals, taken over as it is. Of most lines only what follows the minute is another than before. */
export class IsoTimeScan implements FieldScan {
  readonly #key: Uint8Array
  readonly #after: Uint8Array
  /** `2015-05-17T10:05:` of a time that was found right. */
  #minute: Uint8Array = new Uint8Array(minuteLength)

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
    const end = zoneEnd(input, begin + minuteLength)
    if (end === 0) return false
    let o = cursor.length
    for (let k = 0; k < key.length; k++) output[o++] = key[k] as number
    for (let k = begin; k < end; k++) output[o++] = input[k] as number
    output[o++] = quote
    let i = end
    for (let k = 0; k < after.length; k++) if (input[i++] !== after[k]) return false
    cursor.at = i
    cursor.length = o
    return true
  }

  #isSameMinute(input: Uint8Array, begin: number): boolean {
    const minute = this.#minute
    for (let k = minuteLength - 1; k >= 0; k--) if (input[begin + k] !== minute[k]) return false
    return true
  }

  #read(input: Uint8Array, begin: number): boolean {
    const bytes = input.slice(begin, begin + minuteLength)
    if (!isRfc3339(`${Buffer.from(bytes).toString('latin1')}00Z`)) return false
    this.#minute = bytes
    return true
  }
}

const minuteLength = latin1('2015-05-17T10:05:').length

/** Behind the zone of a time whose seconds begin at `from`; 0 for what is not regular. */
function zoneEnd(input: Uint8Array, from: number): number {
  if (!isBelow(input, from, six)) return 0
  let i = from + 2
  if (input[i] === dot) {
    const begin = ++i
    while ((input[i] as number) >= zero && (input[i] as number) <= nine) i++
    if (i === begin) return 0
  }
  const sign = input[i]
  if (sign === capitalZ) return i + 1
  if ((sign !== plus && sign !== dash) || input[i + 3] !== colon) return 0
  return isBelow(input, i + 1, two) && isBelow(input, i + 4, six) ? i + 6 : 0
}

/** Two digits, of which the first is less than `limit`. */
function isBelow(input: Uint8Array, at: number, limit: number): boolean {
  const tens = input[at] as number
  const ones = input[at + 1] as number
  return tens >= zero && tens < limit && ones >= zero && ones <= nine
}

const [two, six, capitalZ] = [50, 54, 90]
