import { Environment, EvaluationError, ParseError, TypeError as TypeMismatch } from '@marcbachmann/cel-js'

/** A condition in CEL, the Common Expression Language (https://cel.dev): no loops, no side effects, always an end. */
export interface Expression {
  readonly text: string
  /** @throws ExpressionError, also for a key that is not there */
  evaluate(variables: Readonly<Record<string, unknown>>): boolean
}

/** What is wrong with an expression, in its own words. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  /** Of the character in the expression, from 1. */
  readonly column: number | undefined

  constructor(message: string, { column, cause }: { readonly column?: number | undefined; readonly cause: unknown }) {
    super(message, { cause })
    this.column = column
  }
}

/** Reads a condition over variables of these names. @throws ExpressionError */
export function parseExpression(text: string, variables: readonly string[]): Expression {
  const environment = new Environment({ unlistedVariablesAreDyn: false })
  for (const name of variables) environment.registerVariable(name, 'dyn')
  const program = told(() => environment.parse(text))
  const checked = program.check()
  if (!checked.valid) throw told(() => wordsOf(checked.error))
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    throw new ExpressionError(`it is of the type ${checked.type}, not a condition`, { cause: checked.type })
  }
  return {
    text,
    evaluate(values) {
      const result: unknown = told(() => program(withIntegers(values)))
      if (typeof result === 'boolean') return result
      throw new ExpressionError('it is neither true nor false', { cause: result })
    },
  }
}

/** A condition over figures: each can be named by itself, `recovery_seconds <= 30`, or of something, `recovery_seconds('write') <= 30`. */
export interface FigureCondition {
  readonly text: string
  /** Asks for each figure that the condition comes to; what that throws is thrown. @throws ExpressionError */
  evaluate(figure: FigureSource): boolean
}

export type FigureSource = (name: string, of?: string) => number

/** Reads a condition over figures of these names. @throws ExpressionError */
export function parseFigureCondition(text: string, names: readonly string[]): FigureCondition {
  const program = (figure: FigureSource) => {
    const environment = new Environment({ unlistedVariablesAreDyn: false })
    for (const name of names) {
      environment.registerVariable(name, 'double')
      environment.registerFunction(`${name}(string): double`, (of: string) => figure(name, of))
    }
    return told(() => environment.parse(text))
  }
  const checked = program(() => 0).check()
  if (!checked.valid) throw told(() => wordsOf(checked.error))
  if (checked.type !== 'bool')
    throw new ExpressionError(`it is of the type ${checked.type}, not a condition`, { cause: checked.type })
  return {
    text,
    evaluate(figure) {
      // A figure that is not named is not asked for: there may be none.
      const values = {}
      for (const name of names) Object.defineProperty(values, name, { enumerable: true, get: () => figure(name) })
      const result: unknown = told(() => program(figure)(values))
      if (typeof result === 'boolean') return result
      throw new ExpressionError('it is neither true nor false', { cause: result })
    },
  }
}

/** What CEL throws, as an ExpressionError. */
export function told<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw wordsOf(error)
  }
}

function wordsOf(error: unknown): unknown {
  if (!(error instanceof ParseError || error instanceof EvaluationError || error instanceof TypeMismatch)) return error
  const [summary = ''] = error.message.split('\n')
  const start = error.range?.start
  const message = summary.charAt(0).toLowerCase() + summary.slice(1)
  return new ExpressionError(message, { cause: error, ...(start !== undefined && { column: start + 1 }) })
}

const withIntegers = (values: unknown): Record<string, unknown> => integersWithin(values) as Record<string, unknown>

/** CEL knows whole numbers, which JavaScript writes as it does all others. */
export function integersWithin(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(integersWithin)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, integersWithin(member)]))
}
