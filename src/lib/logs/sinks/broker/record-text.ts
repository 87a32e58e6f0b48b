/** Text that is made of a record: `logs-{app}`, `{kubernetes.pod}`. Without braces it is the same for all, and no record is parsed. */
export class RecordText {
  readonly #parts: readonly (string | readonly string[])[]

  constructor(template: string) {
    this.#parts = template
      .split(/(\{[^{}]+\})/)
      .filter(part => part !== '')
      .map(part => (/^\{.+\}$/.test(part) ? part.slice(1, -1).split('.') : part))
  }

  get isFixed(): boolean {
    return this.#parts.every(part => typeof part === 'string')
  }

  /** `clean` takes what a value may not have; a field that is not there is ''. */
  of(record: unknown, clean = (value: string): string => value): string {
    return this.#parts.map(part => (typeof part === 'string' ? part : clean(fieldOf(record, part)))).join('')
  }
}

function fieldOf(record: unknown, path: readonly string[]): string {
  const whole = path.join('.')
  let value: unknown = record
  if (isObject(record) && Object.hasOwn(record, whole)) value = record[whole]
  else for (const name of path) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null
