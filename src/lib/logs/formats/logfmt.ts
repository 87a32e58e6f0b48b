import { type Format, Misfit } from './format.ts'
import { jsonNumber } from './number.ts'
import { textFormat } from './text-format.ts'

const pair = /([^\s="]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)))?(?:\s+|$)/y

/** `level=info msg="all is well" took=0.3`: the first word has a value; one without is true. The last of those with one name counts. */
export const logfmt: Format = textFormat('logfmt', () => line => {
  const members = new Map<string, string>()
  const text = line.trim()
  for (pair.lastIndex = 0; pair.lastIndex < text.length; ) {
    const at = pair.lastIndex
    const found = pair.exec(text)
    if (!found) return new Misfit('is not made of name=value')
    const [whole, name = '', quoted, plain] = found
    if (at === 0 && !whole.startsWith(`${name}=`)) return new Misfit('does not begin with name=value')
    members.set(name, quoted === undefined ? plainValue(plain) : quotedValue(quoted))
  }
  return `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
})

function plainValue(text: string | undefined): string {
  if (text === undefined || text === 'true') return 'true'
  if (text === 'false') return 'false'
  // What is written with zeros in front is no count.
  return (/^(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) ? jsonNumber(text) : undefined) ?? JSON.stringify(text)
}

function quotedValue(text: string): string {
  if (!text.includes('\\')) return JSON.stringify(text)
  try {
    const value: unknown = JSON.parse(`"${text}"`)
    return JSON.stringify(value)
  } catch {
    return JSON.stringify(text.replace(/\\(.)/g, '$1'))
  }
}
