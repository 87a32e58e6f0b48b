import { ExpressionError } from '../../../core/expression.ts'
import { parseRecordCondition } from '../../../core/record-condition.ts'
import type { FieldNames } from '../line/record-line.ts'
import { RuleFault } from '../rule-fault.ts'
import type { Condition, Test } from './condition.ts'

/** A condition in CEL over fields; of a record that lacks one of them it does not hold. @throws RuleFault */
export function celCondition(text: string): Condition {
  try {
    const condition = parseRecordCondition(text)
    return { text, compile: fields => testOf(condition, fields) }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const at = error.column === undefined ? '' : `, at column ${error.column}`
    throw new RuleFault(`${error.message}${at}`, "a condition in CEL over fields: `status >= 500 && path.startsWith('/api')`")
  }
}

function testOf(condition: ReturnType<typeof parseRecordCondition>, fields: FieldNames): Test {
  const numbers = new Map(condition.names.filter(name => name !== 'record').map(name => [name, fields.of(name)]))
  if (condition.names.includes('record')) fields.isWhole = true
  return line => {
    try {
      return condition.evaluate({ field: name => line.jsonOf(numbers.get(name) ?? -1), whole: () => line.json })
    } catch (error) {
      if (error instanceof ExpressionError) return false
      throw error
    }
  }
}
