/** Where a text stops being JSON. */
export interface JsonFault {
  /** From 1, both; columns in UTF-16 units. */
  readonly line: number
  readonly column: number
  /** What is there in the place of what. Never a value: it may be a secret. */
  readonly problem: string
}

/** RFC 8259. White space, and then one token or what is none. */
const token =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])|$)/y

type Awaited = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or }' | ', or ]' | 'the end'

/** Undefined for JSON. JSON.parse of the runtime tells no place. */
export function jsonFault(text: string): JsonFault | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch {
    return firstFault(text)
  }
}

/** Where the value behind some keys and indexes stands in a text that is JSON; where its nearest parent stands when it is absent. */
export function jsonPlace(text: string, path: readonly string[]): Pick<JsonFault, 'line' | 'column'> {
  const open: { key: string | number }[] = []
  let best = { depth: -1, offset: 0 }
  let isKey = false
  for (token.lastIndex = 0; ; ) {
    const from = token.lastIndex
    const [found, mark, string] = token.exec(text) ?? []
    if (found === undefined || found.trim() === '') break
    const top = open.at(-1)
    if (mark === '}' || mark === ']') open.pop()
    if (mark === ',' && typeof top?.key === 'number') top.key++
    if (mark !== undefined && mark !== '{' && mark !== '[') {
      isKey = mark === ',' && typeof top?.key === 'string'
    } else if (isKey && top !== undefined && string !== undefined) {
      top.key = JSON.parse(string)
    } else {
      const { length: depth } = open
      const leadsThere = depth > best.depth && open.every(({ key }, at) => String(key) === path[at])
      if (leadsThere) best = { depth, offset: from + found.search(/\S/) }
      if (mark !== undefined) open.push({ key: mark === '{' ? '' : 0 })
      isKey = mark === '{'
    }
  }
  return placeAt(text, best.offset)
}

function firstFault(text: string): JsonFault | undefined {
  const open: ('{' | '[')[] = []
  let awaited: Awaited = 'value'
  for (token.lastIndex = 0; ; ) {
    const from = token.lastIndex
    const [found, mark, string, other] = token.exec(text) ?? []
    if (found === undefined) return faultAt(text, { from, awaited, what: 'something else' })
    if (found.trim() === '') return awaited === 'the end' ? undefined : faultAt(text, { from, awaited, what: 'the end' })
    const next = after(awaited, { mark, isString: string !== undefined, isOther: other !== undefined, open })
    if (next === undefined) return faultAt(text, { from, awaited, what: mark ?? (string === undefined ? 'a value' : 'a text') })
    awaited = next
  }
}

interface Token {
  readonly mark: string | undefined
  readonly isString: boolean
  readonly isOther: boolean
  readonly open: ('{' | '[')[]
}

/** What may come behind a token; undefined where it should not have come. */
function after(awaited: Awaited, { mark, isString, isOther, open }: Token): Awaited | undefined {
  const wantsValue = awaited === 'value' || awaited === 'value or ]'
  if (isString && (awaited === 'key' || awaited === 'key or }')) return ':'
  if (isString || isOther) return wantsValue ? behindValue(open) : undefined
  if (mark === ':') return awaited === ':' ? 'value' : undefined
  if (mark === ',') return awaited === ', or }' ? 'key' : awaited === ', or ]' ? 'value' : undefined
  if (mark === '{' || mark === '[') {
    if (!wantsValue) return undefined
    open.push(mark)
    return mark === '{' ? 'key or }' : 'value or ]'
  }
  if (!awaited.endsWith(` ${mark}`)) return undefined
  open.pop()
  return behindValue(open)
}

const behindValue = (open: readonly string[]): Awaited => {
  const last = open.at(-1)
  return last === undefined ? 'the end' : last === '{' ? ', or }' : ', or ]'
}

function faultAt(text: string, { from, awaited, what }: { from: number; awaited: Awaited; what: string }): JsonFault {
  const gap = /^[ \t\n\r]*/.exec(text.slice(from))?.[0].length ?? 0
  const expected = awaited.replace('key', 'a key').replace('value', 'a value')
  return { ...placeAt(text, from + gap), problem: `${what} in the place of ${expected}` }
}

function placeAt(text: string, offset: number): Pick<JsonFault, 'line' | 'column'> {
  const lines = text.slice(0, offset).split('\n')
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}
