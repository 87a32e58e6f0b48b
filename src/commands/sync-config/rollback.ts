import { z } from 'zod'
import { defineCommand } from '../../lib/core/command.ts'
import { recordedOptions, rollBackSync } from '../../lib/sync/index.ts'

export default defineCommand({
  path: ['sync-config', 'rollback'],
  summary: 'apply again what an earlier run brought to its hosts',
  description:
    'From the record of that run: neither the source nor the templates are asked. Waves and gates are those of that run.',
  input: z.strictObject({
    revision: z.string().optional().meta({
      positional: true,
      value: 'REVISION',
      completes: 'none',
      description: 'a revision of the source, or the id of a run, as `status` lists them; the one before the last when absent',
    }),
    ...recordedOptions.shape,
  }),
  mutates: true,
  exits: [0, 1, 2, 3, 5, 6, 69, 74, 75, 77, 78, 124, 130],
  examples: [
    { line: 'sync-config rollback -f nginx.yaml', does: 'back to what was there before the last apply' },
    { line: 'sync-config rollback 1041 -f nginx.yaml', does: 'back to what revision 1041 of the source had given' },
    { line: 'sync-config rollback 20261122T031500.123-7f3a -f nginx.yaml --yes', does: 'back to what that run had applied' },
  ],
  run: (context, { revision, ...options }) => rollBackSync(context, revision, options),
})
