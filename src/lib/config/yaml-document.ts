import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLParseError,
  type YAMLWarning,
} from 'yaml'
import type { YamlDialect, YamlDocument } from '../core/component.ts'
import { type ErrorCode, OpsError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { ansibleTags } from './ansible-tags.ts'

/** Times an alias may be repeated in all: enough for any file that people write, too little for one that grows without bounds. */
const maxAliases = 1000

/**
 * YAML (JSON included) as plain data with positions; one document, keys unique. An empty text is null.
 * @throws OpsError of `code` with `path:line:column`
 */
export function parseYamlDocument(
  text: string,
  path: string,
  code: ErrorCode = 'E_CONFIG',
  dialect: YamlDialect = 'yaml',
): YamlDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    uniqueKeys: dialect === 'yaml',
    ...(dialect === 'yaml' ? { merge: true } : { schema: 'failsafe', customTags: ansibleTags }),
  })
  const fail = ({ offset, problem, ...details }: Problem): OpsError => {
    const position = place(lines, offset)
    return new OpsError(code, `${path}:${position.line}:${position.column}: ${problem}`, {
      data: { file: path, ...position },
      ...details,
    })
  }
  const [error] = [...document.errors, ...document.warnings]
  if (error) throw fail({ offset: error.pos[0], ...wording(error), cause: error })
  return {
    value: toJson(document, fail),
    locate: (keys, part = 'value') => place(lines, offsetOf(document, keys, part)),
  }
}

interface Problem {
  readonly offset: number
  readonly problem: string
  readonly hint?: string
  readonly cause?: unknown
}

interface Position {
  readonly line: number
  readonly column: number
}

function place(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

function wording({ code, message }: YAMLParseError | YAMLWarning): Pick<Problem, 'problem' | 'hint'> {
  if (code === 'MULTIPLE_DOCS') return { problem: 'a second document, where only one is read' }
  const quotable = code === 'UNEXPECTED_TOKEN' || code === 'BAD_SCALAR_START' || message.startsWith('Missing , or :')
  return {
    problem: plain(message),
    ...(quotable && { hint: 'a text with brackets or a leading @ * & ! needs quotes: "@web", ["web[1-3]"]' }),
  }
}

/** The library's sentence in our manner: lower case, without a full stop or colon at the end. */
const plain = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1).replace(/[.:]\s*$/, '')

function toJson(document: Document.Parsed, fail: (problem: Problem) => OpsError): Json {
  const dangling = danglingAlias(document)
  if (dangling)
    throw fail({ offset: dangling.range?.[0] ?? 0, problem: `no anchor &${dangling.source} before *${dangling.source}` })
  try {
    return document.toJS({ maxAliasCount: maxAliases })
  } catch (cause) {
    // Too many aliases, or `<<` of something that is no map: the library knows no position for these.
    throw fail({ offset: 0, problem: plain(cause instanceof Error ? cause.message : String(cause)), cause })
  }
}

function danglingAlias(document: Document.Parsed): Alias | undefined {
  let found: Alias | undefined
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return undefined
      found = alias
      return visit.BREAK
    },
  })
  return found
}

/** Where the value at `keys` stands, or the last of its parents that is there. */
function offsetOf(document: Document.Parsed, keys: readonly (string | number)[], part: 'key' | 'value'): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [depth, key] of keys.entries()) {
    const found = childOf(isAlias(node) ? node.resolve(document) : node, key)
    if (!found) break
    const wanted = part === 'key' && depth === keys.length - 1 ? found.key : found.value
    offset = startOf(wanted) ?? startOf(found.key) ?? offset
    node = found.value
  }
  return offset
}

function childOf(node: unknown, key: string | number): { key?: unknown; value: unknown } | undefined {
  if (isSeq(node)) return typeof key === 'number' && key < node.items.length ? { value: node.items[key] } : undefined
  if (!isMap(node)) return undefined
  return node.items.findLast(
    pair => isScalar(pair.key) && (String(pair.key.value) === String(key) || pair.key.source === String(key)),
  )
}

function startOf(node: unknown): number | undefined {
  const range = (node as Node | null | undefined)?.range
  // An absent value has a range too, at the end of its key: the key says more.
  if (!range || (isScalar(node) && node.source === '' && node.type === 'PLAIN')) return undefined
  return range[0]
}
