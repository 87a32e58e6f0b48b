import type { Json } from '../core/json.ts'

/** A record as its parts. */
export type LogRecord = Readonly<Record<string, Json>>

const newline = 10

/** Records of one chunk, as lines or as objects: each form is made of the other only when somebody asks for it, and then once. */
export class Records {
  readonly count: number
  #lines: Uint8Array | undefined
  #objects: readonly LogRecord[] | undefined

  private constructor(count: number, form: { readonly lines?: Uint8Array; readonly objects?: readonly LogRecord[] }) {
    this.count = count
    this.#lines = form.lines
    this.#objects = form.objects
  }

  /** JSON objects, one a line, each line ended by a newline. Nobody changes the bytes as long as these records are used. */
  static ofLines(lines: Uint8Array, count: number): Records {
    return new Records(count, { lines })
  }

  static ofObjects(objects: readonly LogRecord[]): Records {
    return new Records(objects.length, { objects })
  }

  get lines(): Uint8Array {
    this.#lines ??= Buffer.from((this.#objects ?? []).map(record => `${JSON.stringify(record)}\n`).join(''))
    return this.#lines
  }

  /** Nobody changes them. */
  get objects(): readonly LogRecord[] {
    this.#objects ??= parse(this.#lines ?? new Uint8Array())
    return this.#objects
  }
}

function parse(lines: Uint8Array): LogRecord[] {
  const text = Buffer.from(lines.buffer, lines.byteOffset, lines.length)
  const records: LogRecord[] = []
  for (let at = 0; at < lines.length; ) {
    const end = lines.indexOf(newline, at)
    records.push(JSON.parse(text.toString('utf8', at, end)))
    at = end + 1
  }
  return records
}
