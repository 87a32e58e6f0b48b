import { visible } from '../visible-text.ts'

/** HTML that is known to be safe. Only `html` makes it. */
export class Markup {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

type Value = string | number | Markup | readonly Markup[]

/** A template in which every string that is put in is escaped, with controls made visible; Markup goes in as it is. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(strings.map((string, at) => string + textOf(values[at] ?? '')).join(''))
}

function textOf(value: Value): string {
  if (value instanceof Markup) return value.toString()
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value))
  return value.map(String).join('')
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Of which nothing needs to change: most of what is put in. */
const plain = /^[ !#-%(-;=?-~]*$/

const escapeHtml = (text: string): string =>
  plain.test(text) ? text : visible(text).replace(/[&<>"']/g, character => entities[character] ?? '')
