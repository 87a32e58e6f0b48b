import { ExpressionError, parseExpression } from '../../../core/expression.ts'
import { RuleFault } from '../rule-fault.ts'
import type { Condition } from './condition.ts'

/** A condition in CEL over `record`. It needs every record as an object. @throws RuleFault */
export function celCondition(text: string): Condition {
  try {
    const expression = parseExpression(text, ['record'])
    return {
      text,
      compile: fields => {
        fields.isWhole = true
        return line => {
          try {
            return expression.evaluate({ record: line.object })
          } catch (error) {
            if (error instanceof ExpressionError) return false
            throw error
          }
        }
      },
    }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const where = error.column === undefined ? '' : `at character ${error.column}: `
    throw new RuleFault(
      `${where}${error.message}`,
      "a field of the record is record.NAME: `record.status >= 500 && record.path.startsWith('/api')`",
    )
  }
}
