import { defineCommand } from '../../lib/core/command.ts'
import { mergeOptions, mergeReports } from '../../lib/report/index.ts'

export default defineCommand({
  path: ['report', 'merge'],
  summary: 'join the reports of several runs into one, in any format',
  description:
    'Of one command: the shares of --shard, or runs on different targets. Counts are added up, items united, and the exit code follows from the whole by the same table. A share whose report is missing is told, and no success (exit 3). A damaged file, another command, and what two reports tell differently are errors. Of a single file it makes another format.',
  input: mergeOptions,
  exits: [0, 1, 2, 3, 4, 5, 6, 69, 74, 77, 78, 124, 129, 130, 143],
  examples: [
    { line: 'report merge shard-1.json shard-2.json shard-3.json', does: 'what three machines found, as one' },
    { line: 'report merge shards/*.json -o human -o junit=health.xml -o html=health.html', does: 'for continuous integration' },
    { line: 'report merge health.json -o html=health.html', does: 'an earlier report as a page' },
  ],
  run: mergeReports,
})
