/**
 * Finds members of a JSON object in its bytes, all of them in one pass and without a string or an object: what JSON.parse would give,
 * escapes in keys, blanks and doubled keys (the last one counts) included. `a.b` is the member of that name or, where there is none, the
 * member `b` of the object `a`.
 */
export class FieldFinder {
  /** Of each field, in the order of the names: where its value begins, and ends; -1 for one that is not there. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly #names: readonly string[]
  readonly #keys: readonly Uint8Array[]
  /** Fields whose names have so many bytes. */
  readonly #byLength: readonly (readonly number[] | undefined)[]
  readonly #inner: readonly Inner[]

  constructor(names: readonly string[]) {
    const heads = names.filter(name => name.includes('.')).map(name => name.slice(0, name.indexOf('.')))
    const all = [...new Set([...names, ...heads])]
    this.#names = all
    this.#keys = all.map(name => new Uint8Array(Buffer.from(name)))
    this.starts = new Int32Array(all.length)
    this.ends = new Int32Array(all.length)
    const byLength: number[][] = []
    for (const [field, key] of this.#keys.entries()) {
      const same = byLength[key.length] ?? []
      byLength[key.length] = same
      same.push(field)
    }
    this.#byLength = byLength
    this.#inner = names.flatMap((name, field) => {
      const dot = name.indexOf('.')
      return dot < 0 ? [] : [{ field, head: all.indexOf(name.slice(0, dot)), finder: new FieldFinder([name.slice(dot + 1)]) }]
    })
  }

  /** Looks through the object that begins at `from`, behind blanks, and gives where it ends. The bytes are valid JSON. */
  find(bytes: Uint8Array, from: number): number {
    const { starts, ends } = this
    for (let field = 0; field < starts.length; field++) starts[field] = -1
    const size = bytes.length
    let i = from
    while (i < size && bytes[i] !== brace) i++
    i++
    while (i < size) {
      let byte = bytes[i] as number
      while (byte !== quote) {
        if (byte === braceEnd || i >= size) return this.#within(bytes, i + 1)
        byte = bytes[++i] as number
      }
      const key = ++i
      let escaped = false
      for (byte = bytes[i] as number; byte !== quote && i < size; byte = bytes[++i] as number) {
        if (byte !== backslash) continue
        escaped = true
        i++
      }
      const keyEnd = i++
      while (i < size && bytes[i] !== colon) i++
      i++
      while ((bytes[i] as number) <= space) i++
      const value = i
      i = endOfValue(bytes, i)
      const field = escaped ? this.#escapedKey(bytes, key, keyEnd) : this.#key(bytes, key, keyEnd)
      if (field < 0) continue
      starts[field] = value
      ends[field] = i
    }
    return this.#within(bytes, i)
  }

  #key(bytes: Uint8Array, from: number, to: number): number {
    const candidates = this.#byLength[to - from]
    if (candidates === undefined) return -1
    search: for (let c = 0; c < candidates.length; c++) {
      const field = candidates[c] as number
      const key = this.#keys[field] as Uint8Array
      for (let k = 0; k < key.length; k++) if (bytes[from + k] !== key[k]) continue search
      return field
    }
    return -1
  }

  #escapedKey(bytes: Uint8Array, from: number, to: number): number {
    const text: string = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + from - 1, to - from + 2).toString('utf8'))
    return this.#names.indexOf(text)
  }

  #within(bytes: Uint8Array, end: number): number {
    const { starts, ends } = this
    for (const { field, head, finder } of this.#inner) {
      const from = starts[head] as number
      if ((starts[field] as number) >= 0 || from < 0 || bytes[from] !== brace) continue
      finder.find(bytes, from)
      starts[field] = finder.starts[0] as number
      ends[field] = finder.ends[0] as number
    }
    return end
  }
}

interface Inner {
  readonly field: number
  readonly head: number
  readonly finder: FieldFinder
}

/** Behind the value that begins there. */
function endOfValue(bytes: Uint8Array, from: number): number {
  const first = bytes[from] as number
  if (first === quote) return endOfText(bytes, from)
  if (first === brace || first === bracket) return endOfNested(bytes, from)
  let i = from
  for (let byte = first; byte > space && byte !== comma && byte !== braceEnd && i < bytes.length; ) byte = bytes[++i] as number
  return i
}

function endOfText(bytes: Uint8Array, from: number): number {
  const size = bytes.length
  let i = from + 1
  for (let byte = bytes[i] as number; byte !== quote && i < size; byte = bytes[++i] as number) if (byte === backslash) i++
  return i + 1
}

function endOfNested(bytes: Uint8Array, from: number): number {
  let depth = 0
  let i = from
  while (i < bytes.length) {
    const byte = bytes[i] as number
    if (byte === quote) {
      i = endOfText(bytes, i)
      continue
    }
    i++
    if (byte === brace || byte === bracket) depth++
    else if ((byte === braceEnd || byte === bracketEnd) && --depth === 0) break
  }
  return i
}

const [space, quote, comma, colon, bracket, backslash, bracketEnd, brace, braceEnd] = [32, 34, 44, 58, 91, 92, 93, 123, 125]
