import { defineCommand } from '../../lib/core/command.ts'
import { pipelineStatus, shipStatusOptions } from '../../lib/logs/index.ts'

export default defineCommand({
  path: ['ship-logs', 'status'],
  summary: 'what a pipeline has read, delivered, put by and lost',
  description: `From what it keeps on disk, whether it runs or not. Of every source and sink: RECORDS are all that the sink is to get, and always those that are delivered, put by, dead and dropped together. Gaps are lines that were gone before they could be read. BEHIND are bytes of a file that are not delivered yet.`,
  input: shipStatusOptions,
  exits: [0, 2, 74, 78],
  examples: [
    { line: 'ship-logs status pipeline.yaml', does: 'its ledger, for people' },
    { line: 'ship-logs status pipeline.yaml -o json', does: 'the same as data' },
  ],
  run: pipelineStatus,
})
