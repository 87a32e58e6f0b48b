import type { FileNode } from '../../core/file-node.ts'
import type { RecordCondition } from '../../core/record-condition.ts'
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

function filtered(records: Records, condition: RecordCondition): Records {
  const kept = new KeptLines(records.lines)
  const draft = new Draft()
  for (const { from, to, line } of kept.lines()) {
    if (meets(condition, draft.begin(line)) === true) kept.keep(from, { to })
    else kept.leaveOut(from, to)
  }
  return kept.isWhole ? records : Records.ofLines(kept.bytes(), kept.count)
}
