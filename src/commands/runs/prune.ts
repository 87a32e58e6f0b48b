import { z } from 'zod'
import { defineCommand } from '../../lib/core/command.ts'
import { durationField } from '../../lib/core/fields.ts'
import { pruneRuns } from '../../lib/exec/index.ts'

export default defineCommand({
  path: ['runs', 'prune'],
  summary: 'remove the records of old runs, with the output and the journals that belong to them',
  description: `Nothing is removed unasked: whoever runs opsctl by the hour puts this beside it. With both limits a run goes when either lets it.

What stays whatever the limits say: a run that goes on, a change that is unfinished or stuck, and the newest run, which --limit @failed means. A change that is kept or undone goes like any run, and then it can not be undone any more.`,
  input: z.strictObject({
    olderThan: durationField()
      .optional()
      .meta({ value: 'TIME', shownDefault: '30d, unless --keep is given', description: 'runs that began before' }),
    keep: z.int().min(0).optional().meta({ value: 'N', description: 'all but so many of the newest' }),
    dryRun: z
      .boolean()
      .default(false)
      .meta({ short: 'n', commandLineOnly: true, description: 'only list what would be removed' }),
  }),
  exits: [0, 2, 74, 130],
  examples: [
    { line: 'runs prune --dry-run', does: 'what is older than 30 days' },
    { line: 'runs prune --yes --older-than 90d', does: 'in a script, where nobody is asked' },
    { line: 'runs prune --yes --keep 1000', does: 'all but the newest thousand' },
  ],
  run: pruneRuns,
})
