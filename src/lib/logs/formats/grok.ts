import { OpsError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import { parsePattern } from '../../core/pattern.ts'
import { expressionScanner, type NamedField } from './expression/expression-scanner.ts'
import { type Format, Misfit } from './format.ts'
import { grokPatterns } from './grok-patterns.ts'
import { jsonText } from './json-text.ts'
import { jsonNumber } from './number.ts'
import { textFormat } from './text-format.ts'

const kinds = ['int', 'float', 'string'] as const
type Kind = (typeof kinds)[number]

interface Field {
  readonly name: string
  /** Absent: a number where it is one. */
  readonly kind?: Kind
  /** Its groups: one that stands in several branches has several, of which one at most took part. */
  readonly groups: string[]
}

/**
 * Lines by an expression of grok: RE2 with `%{PATTERN}`, `%{PATTERN:field}` and `%{PATTERN:field:int}` (`float`, `string`), and named groups.
 * A field is written `a`, `a.b` or `[a][b]`, which is the same.
 * `exactOnly` leaves out the quick path: tests compare.
 * @throws OpsError E_USAGE
 */
export function grokFormat(text: string, { exactOnly = false } = {}): Format {
  const { fields, source } = new Expansion().of(text)
  if (fields.length === 0) {
    throw new OpsError('E_USAGE', `--format grok: '${text}' has no field`, { hint: 'name what is to be a field: %{IP:client}' })
  }
  const pattern = parsed(source)
  const places = new Map(pattern.names.map((name, index) => [name, index]))
  const taken = fields.map(({ name, kind, groups }) => ({
    ...{ key: JSON.stringify(name), kind },
    at: groups.flatMap(group => places.get(group) ?? []),
  }))
  const read = (line: string): string | Misfit => {
    const found = pattern.values(line)
    if (found === undefined) return new Misfit('does not match')
    let record = '{'
    for (const { key, kind, at } of taken) {
      let value: string | undefined
      for (const place of at) value ??= found[place]
      if (value === undefined || value === '-') continue
      record += `${record === '{' ? '' : ','}${key}:${json(value, kind)}`
    }
    return `${record}}`
  }
  return textFormat('grok', () => read, { scanner: exactOnly ? undefined : expressionScanner(source, fields.map(scanned)) })
}

const scanned = ({ name, groups, kind }: Field): NamedField => ({
  ...{ name, groups },
  kind: kind === undefined ? 'natural' : kind === 'string' ? 'text' : kind,
})

function json(text: string, kind: Kind | undefined): string {
  if (kind === 'string') return jsonText(text)
  if (kind === undefined) return (/^(?:0(?!\d)|[1-9])/.test(text) ? jsonNumber(text) : undefined) ?? jsonText(text)
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/.exec(text) ?? []
  const number = jsonNumber(digits.replace(/^\./, '0.'))
  if (number === undefined || number.startsWith('"')) return jsonText(text)
  return `${sign === '-' ? '-' : ''}${kind === 'int' ? number.replace(/\..*$/, '') : number}`
}

function parsed(source: string): ReturnType<typeof parsePattern> {
  try {
    return parsePattern(source, { multiline: false })
  } catch (error) {
    throw new OpsError('E_USAGE', `--format grok: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'the syntax around %{…} is that of RE2: no look-around, no back references',
      cause: error,
    })
  }
}

/** What stands in an expression: an escaped character, a class, a reference, or the beginning of a named group. */
const parts = /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\w+:\]|[^\]\\])*\]|%\{([^}]*)\}|\(\?P?<([^>=!][^>]*)>/g
const reference = /^(\w+)(?::([^:]+?))?(?::(\w+))?$/
const fieldName = /^[\w@.-]+$/

/** Writes references as what they stand for. */
class Expansion {
  readonly #fields = new Map<string, Field>()
  #groups = 0

  of(text: string): { readonly source: string; readonly fields: readonly Field[] } {
    return { source: this.#expanded(text), fields: [...this.#fields.values()] }
  }

  #expanded(text: string): string {
    return text.replace(parts, (whole, referred: string | undefined, group: string | undefined, at: number) => {
      if (group !== undefined) return `(?P<${this.#group({ text: group, at })}>`
      return referred === undefined ? whole : this.#referred(referred, at)
    })
  }

  #referred(text: string, at: number): string {
    const [, name = '', field, kind] = reference.exec(text) ?? []
    const pattern = Object.hasOwn(grokPatterns, name) ? grokPatterns[name] : undefined
    if (pattern === undefined) {
      const close = nearest(name, Object.keys(grokPatterns))
      throw fault(at, `there is no pattern '${name || text}'`, close ? `did you mean ${close}?` : 'write %{PATTERN:field}')
    }
    if (kind !== undefined && !kinds.some(known => known === kind)) {
      throw fault(at, `'${kind}' is no type`, `there are ${kinds.join(', ')}`)
    }
    // What stands within a pattern has its fields behind the one around it.
    const known = kinds.find(each => each === kind)
    const opening = field === undefined ? '(?:' : `(?P<${this.#group({ text: field, at, ...(known && { kind: known }) })}>`
    return `${opening}${this.#expanded(pattern)})`
  }

  /** A group of a field. */
  #group({ text, at, kind }: { readonly text: string; readonly at: number; readonly kind?: Kind }): string {
    const name = text.startsWith('[') ? text.slice(1, -1).replaceAll('][', '.') : text
    if (!fieldName.test(name)) throw fault(at, `'${text}' can not be the name of a field`, 'letters, digits, _ . @ and -')
    const field = this.#fields.get(name) ?? { name, groups: [], ...(kind && { kind }) }
    this.#fields.set(name, field)
    const group = `g${this.#groups++}`
    field.groups.push(group)
    return group
  }
}

const fault = (at: number, message: string, hint: string): OpsError =>
  new OpsError('E_USAGE', `--format grok: at column ${at + 1}: ${message}`, { hint })
