/** Bytes that are no DER, or of another form than they should be. */
export class DerError extends Error {
  override readonly name = 'DerError'
}

/** One value of DER (X.690): its tag with all bits, what is in it, and the whole of it. Views, not copies. */
export interface DerValue {
  readonly tag: number
  readonly content: Uint8Array
  readonly whole: Uint8Array
}

export const derTags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const

/** `[n]` of ASN.1, with something in it. */
export const contextTag = (number: number): number => 0xa0 + number

/** Reads values one after the other. Every method throws a DerError for what is not there or not of the form that it should be. */
export class DerReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  next(tag?: number): DerValue {
    const start = this.#at
    const found = this.#byte()
    if ((found & 0x1f) === 0x1f) throw new DerError('a tag of several bytes')
    if (tag !== undefined && found !== tag) throw new DerError(`tag ${found.toString(16)}, not ${tag.toString(16)}`)
    const length = this.#length()
    const begin = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw new DerError('cut off')
    return { tag: found, content: this.#bytes.subarray(begin, this.#at), whole: this.#bytes.subarray(start, this.#at) }
  }

  /** The next value where it has this tag. */
  optional(...tags: readonly number[]): DerValue | undefined {
    return !this.done && tags.includes(this.#bytes[this.#at] ?? -1) ? this.next() : undefined
  }

  /** What is inside the next value. */
  inside(tag: number = derTags.sequence): DerReader {
    return new DerReader(this.next(tag).content)
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new DerError('cut off')
    return byte
  }

  #length(): number {
    const first = this.#byte()
    if (first < 0x80) return first
    const count = first & 0x7f
    if (count === 0 || count > 4) throw new DerError('a length that is none')
    let length = 0
    for (let index = 0; index < count; index++) length = length * 256 + this.#byte()
    return length
  }
}

/** `1.2.840.113549.1.1.11`. */
export function oidText({ content }: DerValue): string {
  const numbers: number[] = []
  let number = 0
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f)
    if (number > Number.MAX_SAFE_INTEGER / 128) throw new DerError('an object identifier that is none')
    if (byte & 0x80) continue
    numbers.push(number)
    number = 0
  }
  const [first = 0, ...rest] = numbers
  const root = Math.min(2, Math.floor(first / 40))
  return [root, first - root * 40, ...rest].join('.')
}

/** A UTCTime or GeneralizedTime in the form of RFC 5280, section 4.1.2.5, milliseconds since 1970. */
export function timeOf({ tag, content }: DerValue): number {
  const text = Buffer.from(content).toString('latin1')
  const match = /^(\d\d(?:\d\d)?)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  const [, years = '', month, day, hour, minute, second] = match ?? []
  if (!match || years.length !== (tag === derTags.utcTime ? 2 : 4)) throw new DerError('a time that is none')
  const year = years.length === 4 ? years : Number(years) < 50 ? `20${years}` : `19${years}`
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(time)) throw new DerError('a time that is none')
  return time
}

/** The bits of a BIT STRING of whole bytes. */
export function bitsOf({ content }: DerValue): Uint8Array {
  if (content[0] !== 0) throw new DerError('bits that are no bytes')
  return content.subarray(1)
}

/** An INTEGER that names something, as X509Certificate.serialNumber writes it, lower case. */
export function serialText({ content }: DerValue): string {
  return Buffer.from(content)
    .toString('hex')
    .replace(/^(00)+(?=.)/, '')
}

export interface Extension {
  readonly oid: string
  readonly critical: boolean
  readonly value: Uint8Array
}

/** `Extensions` of RFC 5280, from the reader of the sequence of them. */
export function readExtensions(list: DerReader): Extension[] {
  const extensions: Extension[] = []
  while (!list.done) {
    const one = list.inside()
    const oid = oidText(one.next(derTags.oid))
    const critical = one.optional(derTags.boolean)?.content[0] === 0xff
    extensions.push({ oid, critical, value: one.next(derTags.octetString).content })
  }
  return extensions
}
