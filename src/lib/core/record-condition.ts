import { Environment } from '@marcbachmann/cel-js'
import { ExpressionError, integersWithin, told } from './expression.ts'
import { type Pattern, parsePattern } from './pattern.ts'

/** The fields of a record, as texts of JSON. */
export interface FieldTexts {
  /** Undefined where there is no such field. */
  readonly field: (name: string) => string | undefined
  readonly whole: () => string
}

/** A condition over the fields of a record, whatever they are called; `record` is the whole of it. */
export interface RecordCondition {
  readonly text: string
  /** Fields that it looks at; `record` where it is the whole. */
  readonly names: readonly string[]
  /** @throws ExpressionError, also for a field that is not there */
  evaluate(fields: FieldTexts): boolean
}

/**
 * Reads a condition over a record: `status >= 500`, `has(user)`, `record["user-agent"]`. Whole numbers and others count as one kind in sums,
 * and `matches` is that of RE2: no record can make it hang. @throws ExpressionError
 */
export function parseRecordCondition(text: string): RecordCondition {
  const environment = recordEnvironment()
  const written = recordWords(text)
  const program = inOwnWords(written, () => environment.parse(written.text))
  const checked = program.check()
  if (!checked.valid) throw inOwnWords(written, () => raise(checked.error))
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    throw new ExpressionError(`it is of the type ${checked.type}, not a condition`, { cause: checked.type })
  }
  const names = namesIn(program.ast)
  for (const pattern of patternsIn(program.ast)) patternOf(pattern)
  return {
    text,
    names,
    evaluate({ field, whole }) {
      const values: Record<string, unknown> = {}
      for (const name of names) {
        const json = name === 'record' ? whole() : field(name)
        if (json !== undefined) values[name] = valueOfText(json)
      }
      const result: unknown = inOwnWords(written, () => program(values))
      if (typeof result === 'boolean') return result
      throw new ExpressionError('it is neither true nor false', { cause: result })
    },
  }
}

function recordEnvironment(): Environment {
  const environment = new Environment({ unlistedVariablesAreDyn: true })
  for (const [left, right] of [
    ['int', 'double'],
    ['double', 'int'],
  ]) {
    for (const [sign, result] of Object.entries(sums)) {
      const operator = (a: unknown, b: unknown): number => result(Number(a), Number(b))
      environment.registerOperator(`${left} ${sign} ${right}: double`, operator)
    }
  }
  const patterns = new Map<string, Pattern>()
  environment.registerFunction(`string.${linearMatches}(string): bool`, (subject: string, text: string) => {
    const known = patterns.get(text)
    const pattern = known ?? patternOf(text)
    // Of patterns that are made of records there is no end.
    if (!known && patterns.size < maxPatterns) patterns.set(text, pattern)
    return pattern.find(subject) !== undefined
  })
  return environment
}

const maxPatterns = 100

function patternOf(text: string): Pattern {
  try {
    return parsePattern(text, { multiline: false })
  } catch (cause) {
    throw new ExpressionError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

const sums: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
}

/** As long as the name that it stands for, so that columns stay. */
const linearMatches = 'match_s'

interface RecordWords {
  readonly text: string
  /** Columns from 0 at which something was put in, ascending. */
  readonly added: readonly number[]
}

const ofRecord = 'record.'

/** In the words of the environment: `has(user)`, which CEL knows of members only, is of the record, and `matches` is ours. */
function recordWords(text: string): RecordWords {
  const added: number[] = []
  const words = text.replaceAll(
    /"""[\s\S]*?"""|'''[\s\S]*?'''|[rR]"[^"\n]*"|[rR]'[^'\n]*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/.*|\bhas\(\s*(?=[A-Za-z_]\w*\s*\))|\.matches(?=\s*\()/g,
    (word, at: number) => {
      if (word === '.matches') return `.${linearMatches}`
      if (!word.startsWith('has')) return word
      added.push(at + word.length + added.length * ofRecord.length)
      return word + ofRecord
    },
  )
  return { text: words, added }
}

/** What is thrown, as if the expression had been evaluated as it was written. */
function inOwnWords<T>({ added }: RecordWords, work: () => T): T {
  try {
    return told(work)
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const { column } = error
    const before = column === undefined ? 0 : added.filter(at => at < column - 1).length
    throw new ExpressionError(error.message.replaceAll(linearMatches, 'matches'), {
      column: column === undefined ? undefined : Math.max(1, column - before * ofRecord.length),
      cause: error.cause,
    })
  }
}

function raise(error: unknown): never {
  throw error
}

interface Node {
  readonly op: unknown
  readonly args: unknown
}

/** All nodes of a syntax tree. */
function* nodesOf(ast: unknown): Generator<Node> {
  if (Array.isArray(ast)) for (const each of ast) yield* nodesOf(each)
  if (typeof ast !== 'object' || ast === null || !('op' in ast) || !('args' in ast)) return
  yield { op: ast.op, args: ast.args }
  yield* nodesOf(ast.args)
}

/** Of variables, and of what looks like one. */
const namesIn = (ast: unknown): string[] => [
  ...new Set(nodesOf(ast).flatMap(({ op, args }) => (op === 'id' && typeof args === 'string' ? [args] : []))),
]

/** The regular expressions that stand there as they are. */
const patternsIn = (ast: unknown): string[] =>
  [...nodesOf(ast)].flatMap(({ op, args }) => {
    if (op !== 'rcall' || !Array.isArray(args) || args[0] !== linearMatches) return []
    return [...nodesOf(args[2])].flatMap(({ op: kind, args: text }) =>
      kind === 'value' && typeof text === 'string' ? [text] : [],
    )
  })

function valueOfText(json: string): unknown {
  if (/^-?\d+$/.test(json)) return BigInt(json)
  const value: unknown = JSON.parse(json)
  return typeof value === 'object' && value !== null ? integersWithin(value) : value
}
