import type { GiveWay } from '../core/clock.ts'
import type { YamlDocument } from '../core/component.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { jsonDocument } from './json-document.ts'
import { type LongList, longList } from './long-list.ts'
import { parseYamlDocument, parseYamlPart } from './yaml-document.ts'

interface Reading {
  readonly path: string
  readonly code: ErrorCode
  /** Others have their turn meanwhile; absent: it is read in one go. */
  readonly giveWay?: GiveWay | undefined
}

/**
 * The same as parseYamlDocument, which can not be held up: a second for 5,000 entries. JSON is read as JSON, and a long list of a file in
 * block style entry by entry; whatever is not plainly that is read as a whole.
 * @throws OpsError of `code` with `path:line:column`
 */
export async function parseLargeDocument(text: string, { path, code, giveWay }: Reading): Promise<YamlDocument> {
  const json = await jsonDocument(text, giveWay)
  if (json) return json
  const list = longList(text)
  const inParts = list && (await readInParts(list, { path, code, giveWay }))
  return inParts ?? parseYamlDocument(text, path, code)
}

/** Some entries of the list. */
interface Part {
  /** Of its first entry, in the list. */
  readonly from: number
  readonly document: YamlDocument
}

/** Undefined when a part of it can not be understood by itself. */
async function readInParts(list: LongList, { path, code, giveWay }: Reading): Promise<YamlDocument | undefined> {
  const parts: Part[] = []
  const values: Json[] = []
  const parse = (text: string, linesBefore: number): YamlDocument | undefined => {
    try {
      return parseYamlPart(text, { path, code, linesBefore })
    } catch (error) {
      // Perhaps an anchor of another part: whoever reads the whole knows.
      if (list.hasAnchors || linesBefore === 0) return undefined
      throw error
    }
  }
  const rest = parse(list.rest, 0)
  if (!rest || !isMap(rest.value) || rest.value[list.key] !== null) return undefined
  for (const { text, linesBefore } of list.parts) {
    await giveWay?.()
    const document = parse(text, linesBefore)
    if (!document || !Array.isArray(document.value)) return undefined
    parts.push({ from: values.length, document })
    values.push(...document.value)
  }
  return {
    value: { ...rest.value, [list.key]: values },
    locate: (keys, which) => {
      const [key, index, ...inner] = keys
      if (key !== list.key || (index === undefined && which === 'key')) return rest.locate(keys, which)
      const start = (parts[0]?.document ?? rest).locate([])
      const part = typeof index === 'number' && index < values.length && parts.findLast(({ from }) => from <= index)
      if (!part) return start
      const found = part.document.locate([index - part.from, ...inner], which)
      // What is not there stands where the list begins.
      return isSame(found, part.document.locate([])) ? start : found
    },
  }
}

type Position = ReturnType<YamlDocument['locate']>

const isSame = (one: Position, other: Position): boolean => one.line === other.line && one.column === other.column

const isMap = (value: Json): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
