// The quick path of formats that are templates: bytes in, bytes out, and for no line a string or an object. It knows regular
// lines alone and leaves every other one to template-line.ts, so that it need not be right about them. A test holds both paths
// to the same bytes.
import { type Field, isQuoted, type Template } from '../template.ts'
import { type Cursor, carriageReturn, type FieldScan, latin1, newline } from './cursor.ts'
import { IsoTimeScan } from './iso-time.ts'
import type { LineScanner } from './line-scanner.ts'
import { LocalTimeScan } from './local-time.ts'
import { NumberScan } from './number.ts'
import { NumberOrTextScan } from './number-or-text.ts'
import { RequestScan } from './request.ts'
import { SkipScan, UnwrittenScan } from './skip.ts'
import { TextScan } from './text.ts'

/** Scans lines of one template. */
export class Scanner implements LineScanner {
  readonly #before: Uint8Array
  readonly #fields: readonly FieldScan[]
  readonly overhead: number

  /** `only` leaves out other fields than these. */
  constructor({ before, fields }: Template, only?: ReadonlySet<string>) {
    this.#before = latin1(before)
    this.#fields = fields.map(field => (only === undefined || isWanted(field, only) ? fieldScan(field, only) : skipScan(field)))
    this.overhead = fields.reduce((sum, { name }) => sum + 3 * name.length + perField, 8)
  }

  scan(cursor: Cursor, limit: number): number {
    const { input, output, end } = cursor
    const before = this.#before
    const fields = this.#fields
    let lines = 0
    while (cursor.at < end && cursor.length <= limit) {
      const begin = cursor.at
      const from = cursor.length
      let i = begin
      for (let k = 0; k < before.length; k++) {
        if (input[i] !== before[k]) return lines
        i++
      }
      cursor.at = i
      for (let k = 0; k < fields.length; k++) {
        if ((fields[k] as FieldScan).scan(cursor)) continue
        cursor.at = begin
        cursor.length = from
        return lines
      }
      i = cursor.at
      if (input[i] === carriageReturn) i++
      if (input[i] !== newline || cursor.length === from) {
        cursor.at = begin
        cursor.length = from
        return lines
      }
      cursor.at = i + 1
      output[from] = brace
      output[cursor.length] = braceEnd
      output[cursor.length + 1] = newline
      cursor.length += 2
      lines++
    }
    return lines
  }
}

const [brace, braceEnd] = [123, 125]
/** Quotes, colon and comma, and what a request becomes. */
const perField = 64

function fieldScan(field: Field, only?: ReadonlySet<string>): FieldScan {
  const after = latin1(field.after)
  switch (field.type) {
    case 'text':
      return new TextScan(field.name, after)
    case 'number':
      return new NumberScan(field.name, after)
    case 'number-or-text':
      return new NumberOrTextScan(field.name, after)
    case 'time-iso':
      return new IsoTimeScan(field.name, after)
    case 'time-local':
      return new LocalTimeScan(field.name, after)
    case 'request':
      return isQuoted(field) ? new RequestScan(after, part => only?.has(part) ?? true) : irregular
    default:
      return irregular
  }
}

const isWanted = ({ name, type }: Field, only: ReadonlySet<string>): boolean =>
  type === 'request' ? ['method', 'path', 'protocol', name].some(each => only.has(each)) : only.has(name)

function skipScan(field: Field): FieldScan {
  if (field.type === 'text' || (field.type === 'request' && isQuoted(field))) return new SkipScan(latin1(field.after))
  const scan = fieldScan(field)
  return scan === irregular ? irregular : new UnwrittenScan(scan)
}

/** Never regular. */
const irregular: FieldScan = { scan: () => false }
