import { z } from 'zod'
import { defineCommand } from '../../lib/core/command.ts'
import { settleRun } from '../../lib/exec/index.ts'

export default defineCommand({
  path: ['runs', 'settle'],
  summary: 'say that what a change left half-way was put right by hand',
  description:
    'For a change that `opsctl undo` can not take back wholly, such as one with a command that has no rollback. Nothing is contacted: whoever says so is believed, and no later command tells of the change any more. The journal stays, as of any run.',
  input: z.strictObject({
    run: z
      .string()
      .meta({ positional: true, value: 'RUN_ID', completes: 'none', description: 'the run, as `opsctl runs list` shows it' }),
  }),
  exits: [0, 2, 74, 75],
  examples: [{ line: 'runs settle --yes 20261122T031500.123-7f3a', does: 'after the host was looked at, and mended' }],
  run: (context, { run }) => settleRun(context, run),
})
