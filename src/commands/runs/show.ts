import { z } from 'zod'
import { defineCommand } from '../../lib/core/command.ts'
import { showRun } from '../../lib/exec/index.ts'

export default defineCommand({
  path: ['runs', 'show'],
  summary: 'one run: who was asked, who failed, what stands of a change',
  description:
    'Of a change each step on each host is told, in the order of the plan; hosts of which the same is to be told stand together.',
  input: z.strictObject({
    run: z
      .string()
      .meta({ positional: true, value: 'RUN_ID', completes: 'none', description: 'the run, as `opsctl runs list` shows it' }),
  }),
  exits: [0, 2, 74],
  examples: [
    { line: 'runs show 20261122T031500.123-7f3a', does: 'which hosts failed, and which steps were not taken back' },
    { line: 'runs show -o html --output-file run.html 20261122T031500.123-7f3a', does: 'the same as a page' },
  ],
  run: (context, { run }) => showRun(context, run),
})
