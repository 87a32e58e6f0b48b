import { type Format, Misfit } from './format.ts'
import { jsonCount } from './number.ts'
import { textFormat } from './text-format.ts'

/** `level=info msg="all is well" took=0.3`: the first word has a value; one without is true. The last of those with one name counts. */
export const logfmt: Format = textFormat('logfmt', () => line => {
  const names: string[] = []
  const values: string[] = []
  for (let at = wordFrom(line, 0); at < line.length; at = wordFrom(line, at)) {
    const nameEnd = endOfName(line, at)
    const hasValue = line.charCodeAt(nameEnd) === equals
    if (names.length === 0 && !hasValue) return new Misfit('does not begin with name=value')
    const end = hasValue ? endOfValue(line, nameEnd + 1) : nameEnd
    if (nameEnd === at || (end < line.length && !isSpace(line.charCodeAt(end)))) return new Misfit('is not made of name=value')
    names.push(line.slice(at, nameEnd))
    values.push(hasValue ? valueOfText(line.slice(nameEnd + 1, end)) : 'true')
    at = end
  }
  if (names.length === 0) return new Misfit('does not begin with name=value')
  return new Set(names).size === names.length ? joined(names, values) : joinedOnce(names, values)
})

const [space, quote, dash, equals, backslash, zero, nine] = [32, 34, 45, 61, 92, 48, 57]
const isSpace = (code: number): boolean => code === space || (code >= 9 && code <= 13)

function wordFrom(line: string, from: number): number {
  let at = from
  while (at < line.length && isSpace(line.charCodeAt(at))) at++
  return at
}

/** At the equals sign, the space or the quote behind a name. */
function endOfName(line: string, from: number): number {
  for (let at = from; at < line.length; at++) {
    const code = line.charCodeAt(at)
    if (code === equals || code === quote || isSpace(code)) return at
  }
  return line.length
}

/** Behind a value. Where its quotes are wrong no space stands there. */
function endOfValue(line: string, from: number): number {
  if (line.charCodeAt(from) !== quote) {
    let at = from
    while (at < line.length && !isSpace(line.charCodeAt(at)) && line.charCodeAt(at) !== quote) at++
    return at
  }
  for (let at = from + 1; at < line.length; at++) {
    const code = line.charCodeAt(at)
    if (code === backslash) at++
    else if (code === quote) return at + 1
  }
  return from
}

function valueOfText(text: string): string {
  const first = text.charCodeAt(0)
  if (first === quote) return quotedValue(text)
  if (text === 'true' || text === 'false') return text
  const mayBeNumber = (first >= zero && first <= nine) || first === dash
  return (mayBeNumber ? jsonCount(text) : undefined) ?? JSON.stringify(text)
}

function quotedValue(text: string): string {
  if (!text.includes('\\')) return JSON.stringify(text.slice(1, -1))
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value)
  } catch {
    return JSON.stringify(text.slice(1, -1).replace(/\\(.)/gs, '$1'))
  }
}

function joined(names: readonly string[], values: readonly string[]): string {
  let record = '{'
  for (let index = 0; index < names.length; index++)
    record += `${index === 0 ? '' : ','}${JSON.stringify(names[index])}:${values[index]}`
  return `${record}}`
}

function joinedOnce(names: readonly string[], values: readonly string[]): string {
  const members = new Map(names.map((name, index) => [name, values[index] ?? '']))
  return joined([...members.keys()], [...members.values()])
}
