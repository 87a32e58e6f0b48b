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

function told<T>(work: () => T): T {
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

/** CEL knows whole numbers, which JavaScript writes as it does all others. */
function withIntegers(value: unknown): Record<string, unknown> {
  const visit = (inner: unknown): unknown => {
    if (typeof inner === 'number') return Number.isSafeInteger(inner) ? BigInt(inner) : inner
    if (Array.isArray(inner)) return inner.map(visit)
    if (typeof inner !== 'object' || inner === null) return inner
    return Object.fromEntries(Object.entries(inner).map(([key, member]) => [key, visit(member)]))
  }
  return visit(value) as Record<string, unknown>
}
