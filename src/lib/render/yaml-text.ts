import type { Json } from '../core/json.ts'

/**
 * A JSON value as YAML 1.2 in block style, without a final line feed; every line after the first is indented by `indent` spaces.
 * Strings are plain only where no YAML reader, 1.1 included, can take them for something else; text of several lines is a literal
 * block where that keeps every byte.
 */
export function yamlText(value: Json, indent = 0): string {
  if (typeof value === 'string') return block(value, indent) ?? scalar(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const lines = Array.isArray(value)
    ? value.map((element: Json) => `- ${yamlText(element, indent + 2)}`)
    : Object.entries(value).map(([key, inner]) => member(key, inner, indent))
  if (lines.length === 0) return Array.isArray(value) ? '[]' : '{}'
  return lines.join(`\n${' '.repeat(indent)}`)
}

function member(key: string, value: Json, indent: number): string {
  const name = scalar(key)
  const nested = typeof value === 'object' && value !== null && Object.keys(value).length > 0
  const text = nested ? `\n${' '.repeat(indent + 2)}${yamlText(value, indent + 2)}` : ` ${yamlText(value, indent + 2)}`
  // An implicit key may have at most 1024 characters.
  return name.length > 1000 ? `? ${name}\n${' '.repeat(indent)}:${text}` : `${name}:${text}`
}

function scalar(text: string): string {
  return plain.test(text) && !meansSomethingElse.test(text) ? text : quoted(text)
}

/** Words of letters, digits and harmless signs, starting with a letter or slash. */
const plain = /^[A-Za-z_/][\w./@%+=(),-]*( [\w./@%+=(),-]+)*$/
const meansSomethingElse = /^(true|false|null|yes|no|on|off|y|n|nan|inf|_+)$/i

/** A JSON string is a YAML double-quoted string, once what YAML does not print is escaped too. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** What only a quoted string gives back: a character that YAML does not print, or a line of nothing but white space, on which readers differ. */
const unfit = /[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]|^[ \t]+$/mu

/** A literal block, or undefined where one would not give the text back. */
function block(text: string, indent: number): string | undefined {
  if (indent === 0 || !text.includes('\n') || unfit.test(text)) return undefined
  const body = text.replace(/\n+$/, '')
  if (body === '') return undefined
  const ending = text.length - body.length
  const chomping = ending === 0 ? '-' : ending === 1 ? '' : '+'
  const margin = ' '.repeat(indent)
  const lines = body.split('\n').map(line => (line === '' ? '' : margin + line))
  // Where the first line starts with a space, the indentation cannot be guessed; it is always two more than that of the parent.
  const indentation = /^\n* /.test(body) ? '2' : ''
  return `|${indentation}${chomping}\n${lines.join('\n')}${'\n'.repeat(Math.max(0, ending - 1))}`
}
