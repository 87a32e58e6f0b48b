/** Reads the time of records. Most lines are of the minute of the line before, which is not read again. */
export class MomentReader {
  /** `"2015-05-17T10:05:` of a text, with its quote, and when that minute begins without regard to its zone. */
  #minute: Uint8Array = new Uint8Array(minuteLength)
  #beginsAt = Number.NaN

  /**
   * Milliseconds since 1970 of the JSON value that stands there: a text of RFC 3339, or seconds or milliseconds since 1970 as a number.
   * NaN for anything else.
   */
  read(bytes: Uint8Array, from: number, to: number): number {
    if (bytes[from] !== quote)
      return epochMoment(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1'))
    if (to - from < shortestLength) return Number.NaN
    if (!this.#isSameMinute(bytes, from)) {
      this.#minute = bytes.slice(from, from + minuteLength)
      this.#beginsAt = minuteMoment(this.#minute)
    }
    return this.#beginsAt + sinceMinute(bytes, from + minuteLength, to)
  }

  /** The last digits first, since they change most. */
  #isSameMinute(bytes: Uint8Array, from: number): boolean {
    const minute = this.#minute
    for (let k = minuteLength - 1; k >= 0; k--) if (bytes[from + k] !== minute[k]) return false
    return true
  }
}

const minuteLength = '"2015-05-17T10:05:'.length
const shortestLength = '"2015-05-17T10:05:03Z"'.length

/** From here on a number of seconds would be in the year 5138: it is one of milliseconds. */
const leastMilliseconds = 1e11

function epochMoment(text: string): number {
  const value = Number(text)
  return value >= leastMilliseconds ? value : value * 1000
}

function minuteMoment(json: Uint8Array): number {
  const at = (index: number): number => json[index] ?? 0
  const two = (index: number): number => twoDigits(json, index)
  if (at(5) !== dash || at(8) !== dash || (at(11) | 32) !== smallT || at(14) !== colon || at(17) !== colon) return Number.NaN
  return Date.UTC(100 * two(1) + two(3), two(6) - 1, two(9), two(12), two(15))
}

/** Milliseconds of `03.123+02:00"`, the quote with it, less the zone. */
function sinceMinute(json: Uint8Array, from: number, to: number): number {
  const seconds = 1000 * twoDigits(json, from)
  let i = from + 2
  let fraction = 0
  if (json[i] === dot) {
    i++
    for (let unit = 100, byte = json[i] as number; byte >= zero && byte <= nine; byte = json[++i] as number, unit /= 10) {
      if (unit >= 1) fraction += unit * (byte - zero)
    }
  }
  const sign = json[i] as number
  if ((sign | 32) === smallZ) return i + 2 === to ? seconds + fraction : Number.NaN
  if ((sign !== plus && sign !== dash) || json[i + 3] !== colon || i + 7 !== to) return Number.NaN
  const zone = 60_000 * (60 * twoDigits(json, i + 1) + twoDigits(json, i + 4))
  return seconds + fraction + (sign === plus ? -zone : zone)
}

const twoDigits = (json: Uint8Array, at: number): number => 10 * digit(json[at] as number) + digit(json[at + 1] as number)

const digit = (byte: number): number => (byte >= zero && byte <= nine ? byte - zero : Number.NaN)

const [quote, plus, dash, dot, zero, nine, colon, smallT, smallZ] = [34, 43, 45, 46, 48, 57, 58, 116, 122]
