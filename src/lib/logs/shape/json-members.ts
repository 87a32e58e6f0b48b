/** Members of an object of JSON in their order: names, and the texts of their values as they stand there, so that no digit of a number is lost. */
export type Members = Map<string, string>

/** Of several members of one name the last counts, at the place of the first. The text is an object of valid JSON. */
export function membersOf(text: string): Members {
  const members: Members = new Map()
  for (let at = firstMember(text); text.charCodeAt(at) === quote; ) {
    const nameEnd = endOfString(text, at)
    const from = valueFrom(text, nameEnd)
    const to = endOfValue(text, from)
    members.set(stringOf(text.slice(at, nameEnd)), text.slice(from, to))
    at = nextMember(text, to)
  }
  return members
}

/** Where the name of the first member begins, if there is one. */
export const firstMember = (text: string): number => plainFrom(text, plainFrom(text, 0) + 1)

/** Where the value begins, behind the name. */
export const valueFrom = (text: string, nameEnd: number): number => plainFrom(text, plainFrom(text, nameEnd) + 1)

/** Where the next member or element begins, if there is one, behind the value of one. */
export function nextMember(text: string, valueEnd: number): number {
  const at = plainFrom(text, valueEnd)
  return text.charCodeAt(at) === comma ? plainFrom(text, at + 1) : at
}

/** Texts of the elements of a list. */
export function elementsOf(text: string): string[] {
  const elements: string[] = []
  for (let at = plainFrom(text, 1); text.charCodeAt(at) !== closeBracket && at < text.length; ) {
    const to = endOfValue(text, at)
    elements.push(text.slice(at, to))
    at = nextMember(text, to)
  }
  return elements
}

export function textOfMembers(members: Members): string {
  let text = '{'
  for (const [name, value] of members) text += `${text.length === 1 ? '' : ','}${nameText(name)}:${value}`
  return `${text}}`
}

/** A string of JSON, with its quotes, as the text that it stands for. */
export function stringOf(json: string): string {
  if (!json.includes('\\')) return json.slice(1, -1)
  return String(JSON.parse(json))
}

export const isObjectText = (json: string): boolean => json.charCodeAt(0) === openBrace
export const isStringText = (json: string): boolean => json.charCodeAt(0) === quote
export const isNumberText = (json: string): boolean => /^[-\d]/.test(json)

/** A value as people read it: a string without its quotes, anything else as JSON. */
export const plainOf = (json: string): string => (isStringText(json) ? stringOf(json) : json)

/** Behind the string that begins at `from`. */
export function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); ; at = text.indexOf('"', at + 1)) {
    if (at === -1) return text.length
    let slashes = at
    while (text.charCodeAt(slashes - 1) === backslash) slashes--
    if ((at - slashes) % 2 === 0) return at + 1
  }
}

const [quote, comma, backslash, openBrace, closeBrace, openBracket, closeBracket] = [34, 44, 92, 123, 125, 91, 93]

/** The first character from here that is no white space. */
function plainFrom(text: string, from: number): number {
  let at = from
  while (text.charCodeAt(at) <= 32) at++
  return at
}

export function endOfValue(text: string, from: number): number {
  const first = text.charCodeAt(from)
  if (first === quote) return endOfString(text, from)
  if (first === openBrace || first === openBracket) return endOfNest(text, from)
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === comma || code === closeBrace || code === closeBracket || code <= 32) return at
  }
  return text.length
}

function endOfNest(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at) - 1
    else if (code === openBrace || code === openBracket) depth++
    else if ((code === closeBrace || code === closeBracket) && --depth === 0) return at + 1
  }
  return text.length
}

/** Names that need no escapes are the rule. */
export const nameText = (name: string): string => (/^[\w.@ -]*$/.test(name) ? `"${name}"` : JSON.stringify(name))
