import { defineCommand } from '../../../lib/core/command.ts'
import { dlqListOptions, listLetters } from '../../../lib/logs/index.ts'

export default defineCommand({
  path: ['ship-logs', 'dlq', 'list'],
  summary: 'the records of a pipeline that died, and why',
  description: `Dead letters are records that a sink will never take as they are, or that did not fit the schema. They are kept on disk until they are replayed. The newest stand last; the table shows the beginning of each record, -o json all of it. It may be asked while the pipeline runs.`,
  input: dlqListOptions,
  exits: [0, 2, 74, 130],
  examples: [
    { line: 'ship-logs dlq list pipeline.yaml', does: 'the newest hundred' },
    {
      line: 'ship-logs dlq list pipeline.yaml --sink es --reason mapping --since 1h',
      does: 'those of the last hour that Elasticsearch could not map',
    },
    { line: 'ship-logs dlq list pipeline.yaml --limit 100000 -o json', does: 'whole records, as data' },
  ],
  run: listLetters,
})
