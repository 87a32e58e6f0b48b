import type { GiveWay } from '../core/clock.ts'
import type { YamlDocument } from '../core/component.ts'
import type { Json } from '../core/json.ts'

/** Where a value begins, and its key, in characters; entries of a list have no key. */
interface Place {
  readonly key: number | undefined
  readonly value: number
  readonly inner: Places | undefined
}
type Places = Map<string | number, Place>

/** A text of JSON is made of these. */
const token = /[\s:,]*(?:([{[])|([}\]])|("(?:[^"\\]|\\.)*")|([^\s{}[\]:,"]+))/y
/** Between two questions whether others must have their turn. */
const tokensAtATime = 2000

/**
 * A text of JSON as the reader of YAML sees it, in a tenth of the time. Undefined where it is none, or where YAML has more to say of it: a
 * key that is there twice, `<<`.
 */
export async function jsonDocument(text: string, giveWay?: GiveWay): Promise<YamlDocument | undefined> {
  if (!/^\s*[{[]/.test(text) || text.includes('"<<"')) return undefined
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch {
    return undefined
  }
  await giveWay?.()
  const root = await rootOf(text, giveWay)
  if (root === undefined) return undefined
  const lines = lineStarts(text)
  return { value, locate: (keys, part = 'value') => placeOf(offsetOf(root, { keys, part }), lines) }
}

/** What was opened and not closed yet. */
interface Open {
  readonly places: Places
  /** Of a map: its keys wait for their values. */
  readonly isMap: boolean
  key: { readonly name: string; readonly offset: number } | undefined
}

/** Undefined when a map has a key twice. */
async function rootOf(text: string, giveWay: GiveWay | undefined): Promise<Place | undefined> {
  const open: Open[] = []
  let root: Place | undefined
  let count = 0
  const tokens = new RegExp(token)
  for (let found = tokens.exec(text); found; found = tokens.exec(text)) {
    if (++count % tokensAtATime === 0) await giveWay?.()
    const [, opening, closing, string, other] = found
    const offset = tokens.lastIndex - (opening ?? closing ?? string ?? other ?? '').length
    const into = open.at(-1)
    if (closing !== undefined) {
      open.pop()
    } else if (string !== undefined && into?.isMap && into.key === undefined) {
      const name: string = JSON.parse(string)
      if (into.places.has(name)) return undefined
      into.key = { name, offset }
    } else {
      const inner: Places | undefined = opening === undefined ? undefined : new Map()
      const place = { key: into?.key?.offset, value: offset, inner }
      root ??= place
      into?.places.set(into.key?.name ?? into.places.size, place)
      if (into) into.key = undefined
      if (inner) open.push({ places: inner, isMap: opening === '{', key: undefined })
    }
  }
  return root
}

interface Wanted {
  readonly keys: readonly (string | number)[]
  readonly part: 'key' | 'value'
}

/** Where the value at `keys` begins, or the last of its parents that is there. */
function offsetOf(root: Place, { keys, part }: Wanted): number {
  let at = root
  let offset = root.value
  for (const [depth, key] of keys.entries()) {
    const next = at.inner?.get(key)
    if (next === undefined) break
    offset = part === 'key' && depth === keys.length - 1 ? (next.key ?? offset) : next.value
    at = next
  }
  return offset
}

function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** The last line that begins before or at the offset. */
function placeOf(offset: number, starts: readonly number[]): { readonly line: number; readonly column: number } {
  let [low, high] = [0, starts.length]
  while (low + 1 < high) {
    const middle = (low + high) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
}
