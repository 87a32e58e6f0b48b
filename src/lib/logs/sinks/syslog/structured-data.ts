import { RecordText } from '../broker/record-text.ts'

/** Fields of records by the element that they are in: `{ 'trace@32473': ['trace_id'] }`. */
export type DataWish = Readonly<Record<string, readonly string[]>>

/** What elements and their parameters may be called (RFC 5424, section 6.3.2). */
const name = /^[\x21\x23-\x3c\x3e-\x5c\x5e-\x7e]{1,32}$/
/** Only names that IANA knows have no `@` and number of an enterprise. */
const registered = ['timeQuality', 'origin', 'meta']

export const isElementName = (text: string): boolean =>
  name.test(text) && (/^[^@]+@\d[\d.]*$/.test(text) || registered.includes(text))

/** Structured data of RFC 5424: that which a record brings in its field `data`, as syslog sources make it, and fields of the record. */
export class StructuredData {
  readonly #elements: readonly (readonly [id: string, fields: readonly (readonly [string, RecordText])[]])[]

  constructor(wish: DataWish) {
    this.#elements = Object.entries(wish).map(
      ([id, fields]) => [id, fields.map(field => [field, new RecordText(`{${field}}`)] as const)] as const,
    )
  }

  /** `-` where there is none. */
  of(record: Readonly<Record<string, unknown>>): string {
    let text = ''
    for (const [id, fields] of this.#elements) {
      const params = fields.flatMap(([field, value]) => {
        const said = value.of(record)
        return said === '' || !name.test(field) ? [] : [param(field, said)]
      })
      if (params.length > 0) text += `[${id}${params.join('')}]`
    }
    const ours = new Set(this.#elements.map(([id]) => id))
    return text + broughtBy(record['data'], ours) || '-'
  }
}

/** Elements whose names are as they should be; an element is there once. */
function broughtBy(data: unknown, ours: ReadonlySet<string>): string {
  if (!isObject(data)) return ''
  let text = ''
  for (const [id, params] of Object.entries(data)) {
    if (!isElementName(id) || ours.has(id) || !isObject(params)) continue
    const written = Object.entries(params).filter(([key, value]) => name.test(key) && typeof value === 'string')
    text += `[${id}${written.map(([key, value]) => param(key, String(value))).join('')}]`
  }
  return text
}

const param = (key: string, value: string): string => ` ${key}="${value.replace(/["\\\]]/g, '\\$&')}"`

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
