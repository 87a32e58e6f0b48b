/** Reads the time of records. Most lines have the time of the line before, which is not read again. */
export class MomentReader {
  #last: Uint8Array = new Uint8Array()
  #moment = Number.NaN

  /**
   * Milliseconds since 1970 of the JSON value that stands there: a text of RFC 3339, or seconds or milliseconds since 1970 as a number.
   * NaN for anything else.
   */
  read(bytes: Uint8Array, from: number, to: number): number {
    if (this.#isSame(bytes, from, to)) return this.#moment
    this.#last = bytes.slice(from, to)
    this.#moment = bytes[from] === quote ? rfc3339Moment(this.#last) : epochMoment(Buffer.from(this.#last).toString('latin1'))
    return this.#moment
  }

  /** The last digits first, since they change most. */
  #isSame(bytes: Uint8Array, from: number, to: number): boolean {
    const last = this.#last
    if (to - from !== last.length || last.length === 0) return false
    for (let k = last.length - 1; k >= 0; k--) if (bytes[from + k] !== last[k]) return false
    return true
  }
}

/** From here on a number of seconds would be in the year 5138: it is one of milliseconds. */
const leastMilliseconds = 1e11

function epochMoment(text: string): number {
  const value = Number(text)
  return value >= leastMilliseconds ? value : value * 1000
}

/** `"2015-05-17T10:05:03.123+02:00"` with its quotes. */
function rfc3339Moment(json: Uint8Array): number {
  const at = (index: number): number => json[index] ?? 0
  const two = (index: number): number => 10 * digit(at(index)) + digit(at(index + 1))
  if (at(5) !== dash || at(8) !== dash || (at(11) | 32) !== smallT || at(14) !== colon || at(17) !== colon) return Number.NaN
  const seconds = Date.UTC(100 * two(1) + two(3), two(6) - 1, two(9), two(12), two(15), two(18))
  let i = 20
  let fraction = 0
  if (at(i) === dot) {
    for (let unit = 100, byte = at(++i); byte >= zero && byte <= nine; byte = at(++i), unit /= 10) {
      if (unit >= 1) fraction += unit * (byte - zero)
    }
  }
  const sign = at(i)
  if ((sign | 32) === smallZ) return at(i + 1) === quote ? seconds + fraction : Number.NaN
  if ((sign !== plus && sign !== dash) || at(i + 3) !== colon || at(i + 6) !== quote) return Number.NaN
  const zone = 60_000 * (60 * two(i + 1) + two(i + 4))
  return seconds + fraction + (sign === plus ? -zone : zone)
}

const digit = (byte: number): number => (byte >= zero && byte <= nine ? byte - zero : Number.NaN)

const [quote, plus, dash, dot, zero, nine, colon, smallT, smallZ] = [34, 43, 45, 46, 48, 57, 58, 116, 122]
