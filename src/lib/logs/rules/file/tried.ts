import type { FileNode } from '../../../core/file-node.ts'
import { RuleFault } from '../rule-fault.ts'

/** What work gives; what it finds wrong is noted where the text stands. */
export function tried<T>(node: FileNode, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error
    return node.wrong(`${node.key}: ${error.message}`, { hint: error.hint })
  }
}
