import { OpsError } from '../../core/errors.ts'
import { ExpressionError } from '../../core/expression.ts'
import type { FileNode } from '../../core/file-node.ts'
import { parseRecordCondition, type RecordCondition } from '../../core/record-condition.ts'
import type { RecordFilter } from '../pipeline/stages.ts'
import { Records } from '../records.ts'
import { Draft } from './draft.ts'
import { KeptLines } from './kept-lines.ts'
import { meets, readCondition } from './read-condition.ts'

/** A sink's `when:`. A record for which it can not be said, having no such field, is not of those that it gets. */
export function readFilter(node: FileNode): RecordFilter | undefined {
  if (node.isAbsent) return undefined
  const condition = readCondition(node)
  return condition && { text: condition.text, filter: records => filtered(records, condition) }
}

/** A condition of the command line. @throws OpsError E_USAGE */
export function parseFilter(text: string): RecordFilter {
  try {
    const condition = parseRecordCondition(text)
    return { text, filter: records => filtered(records, condition) }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    throw new OpsError('E_USAGE', `'${text}' is no condition: ${error.message}`, { hint: 'write one in CEL: status >= 500' })
  }
}

function filtered(records: Records, condition: RecordCondition): Records {
  const kept = new KeptLines(records.lines)
  const draft = new Draft()
  for (const { from, to, line } of kept.lines()) {
    if (meets(condition, draft.begin(line)) === true) kept.keep(from, { to })
    else kept.leaveOut(from, to)
  }
  return kept.isWhole ? records : Records.ofLines(kept.bytes(), kept.count)
}
