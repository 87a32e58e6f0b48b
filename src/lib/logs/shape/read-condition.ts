import { ExpressionError } from '../../core/expression.ts'
import type { FileNode } from '../../core/file-node.ts'
import { parseRecordCondition, type RecordCondition } from '../../core/record-condition.ts'
import type { Draft } from './draft.ts'

/** A condition over fields in CEL. Undefined where it is none, which is noted with the column in it. */
export function readCondition(node: FileNode): RecordCondition | undefined {
  const text = node.text('a condition like `status >= 500`')
  if (text === undefined) return undefined
  try {
    return parseRecordCondition(text)
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const at = error.column === undefined ? '' : `, at column ${error.column}`
    return node.wrong(`${node.key}: ${error.message}${at}`, {
      hint: 'a condition in CEL over fields: status >= 500 && !has(user)',
    })
  }
}

/** Whether a record meets it; why that can not be said, in few different words, where it can not. */
export function meets(condition: RecordCondition, draft: Draft): boolean | ExpressionError {
  try {
    return condition.evaluate({ field: name => draft.member(name), whole: () => draft.text })
  } catch (error) {
    if (error instanceof ExpressionError) return error
    throw error
  }
}
