import { type Document, LineCounter, parseDocument, type YAMLParseError, type YAMLWarning } from 'yaml'
import type { YamlDialect, YamlDocument } from '../core/component.ts'
import { type ErrorCode, OpsError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { ansibleTags } from './ansible-tags.ts'
import { type YamlFault, YamlIndex } from './yaml-index.ts'

/** Times aliases may be repeated in all, nested ones multiplied: one for each of many hosts, too little for a file that grows without bounds. */
const maxAliases = 100_000

/** `text`: as `yaml`, but every scalar is the text that is written there. */
type Dialect = YamlDialect | 'text'

const schemas = {
  yaml: { merge: true },
  text: { merge: true, schema: 'failsafe' },
  ansible: { schema: 'failsafe', customTags: ansibleTags },
} as const

/**
 * YAML (JSON included) as plain data with positions; one document, keys unique. An empty text is null.
 * @throws OpsError of `code` with `path:line:column`
 */
export const parseYamlDocument = (
  text: string,
  path: string,
  code: ErrorCode = 'E_CONFIG',
  dialect: Dialect = 'yaml',
): YamlDocument => parseYamlPart(text, { path, code, dialect, linesBefore: 0 })

interface PartOf {
  readonly path: string
  readonly code: ErrorCode
  readonly dialect?: Dialect
  /** In the file, in front of the text. */
  readonly linesBefore: number
}

/** The same for a text out of the middle of a file. */
export function parseYamlPart(text: string, { path, code, dialect = 'yaml', linesBefore }: PartOf): YamlDocument {
  const counter = new LineCounter()
  const place = (offset: number): Position => {
    const { line, col } = counter.linePos(offset)
    return { line: Math.max(line, 1) + linesBefore, column: Math.max(col, 1) }
  }
  const document = parseDocument(text, {
    lineCounter: counter,
    prettyErrors: false,
    logLevel: 'error',
    // The library compares every key with every other: YamlIndex does it in one pass.
    uniqueKeys: false,
    ...schemas[dialect],
  })
  const fail = ({ offset, problem, ...details }: Problem): OpsError => {
    const position = place(offset)
    return new OpsError(code, `${path}:${position.line}:${position.column}: ${problem}`, {
      data: { file: path, ...position },
      ...details,
    })
  }
  const [error] = [...document.errors, ...document.warnings]
  if (error) throw fail({ offset: error.pos[0], ...wording(error), cause: error })
  const index = new YamlIndex(document, { uniqueKeys: dialect !== 'ansible' })
  if (index.fault) throw fail(index.fault)
  return {
    value: toJson(document, fail),
    locate: (keys, part = 'value') => place(index.offsetOf(keys, part)),
  }
}

interface Problem extends YamlFault {
  readonly hint?: string
  readonly cause?: unknown
}

interface Position {
  readonly line: number
  readonly column: number
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
  try {
    return document.toJS({ maxAliasCount: maxAliases })
  } catch (cause) {
    // Too many aliases, or `<<` of something that is no map: the library knows no position for these.
    throw fail({ offset: 0, problem: plain(cause instanceof Error ? cause.message : String(cause)), cause })
  }
}
