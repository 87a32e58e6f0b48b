import { z } from 'zod'
import { defineCommand } from '../../lib/core/command.ts'
import { keptReport } from '../../lib/harden/index.ts'

export default defineCommand({
  path: ['harden', 'report'],
  summary: 'show an earlier scan again, in any format',
  input: z.strictObject({
    run: z.string().optional().meta({
      positional: true,
      value: 'RUN_ID',
      completes: 'none',
      description: 'the scan, as `opsctl runs list` shows it; the last one when absent',
    }),
  }),
  exits: [0, 1, 2, 3, 69, 74, 77],
  examples: [
    { line: 'harden report -o html=baseline.html', does: 'the last scan as a page' },
    { line: 'harden report 20261122T031500.123-7f3a -o junit', does: 'one of before, for continuous integration' },
  ],
  run: (context, { run }) => keptReport(context, run),
})
