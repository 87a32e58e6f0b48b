import { endOfString, plainOf, stringOf } from './json-members.ts'

/** What a text within JSON becomes; itself where it stays. `name` is that of the member that it is the value of, or is in. */
export type TextChange = (text: string, name: string) => string

/**
 * JSON with its texts changed, those within lists and objects too, and their names; a number counts as a text, and becomes one
 * where it is changed. Everything else stays as it was written.
 */
export function withTexts(json: string, { name, change }: { readonly name: string; readonly change: TextChange }): string {
  if (!json.startsWith('{') && !json.startsWith('[')) {
    const text = plainOf(json)
    const became = change(text, name)
    return became === text ? json : JSON.stringify(became)
  }
  let changed = ''
  let from = 0
  let member = name
  for (const { 0: token, index } of json.matchAll(starts)) {
    if (index < from) continue
    if (token !== '"') {
      const became = change(token, member)
      if (became === token) continue
      changed += json.slice(from, index) + JSON.stringify(became)
      from = index + token.length
      continue
    }
    const end = endOfString(json, index)
    const text = stringOf(json.slice(index, end))
    const became = change(text, member)
    if (became !== text) changed += json.slice(from, index) + JSON.stringify(became)
    else changed += json.slice(from, end)
    from = end
    if (json.charCodeAt(end) === colon) member = text
  }
  return changed + json.slice(from)
}

const colon = 58

/** Where a string begins, or all of a number. */
const starts = /"|-?\d[\d.eE+-]*/g
