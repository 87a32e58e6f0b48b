import { z } from 'zod'
import { defineCommand } from '../../lib/core/command.ts'
import { durationField } from '../../lib/core/fields.ts'
import { syncOptions, watchSync } from '../../lib/sync/index.ts'

export default defineCommand({
  path: ['sync-config', 'watch'],
  summary: 'apply every new revision of the source until stopped',
  description:
    'Each revision goes the whole way of an apply, as a run of its own. One that fails is taken back and told, and tried again where a lock or an unreachable host kept it. The watch goes on with the next. Quick changes become one.',
  input: z.strictObject({
    ...syncOptions.shape,
    tries: z.int().min(1).max(100).default(5).meta({
      value: 'N',
      group: 'Configuration',
      description: 'try a revision so often in all, where a lock or a host that could not be reached kept it; the pauses grow',
    }),
    reconcile: durationField().prefault('0').meta({
      value: 'TIME',
      group: 'Configuration',
      shownDefault: 'never',
      description: 'so often, tell which hosts are no longer as they were left; nothing is overwritten',
    }),
  }),
  mutates: true,
  exits: [0, 2, 69, 74, 77, 78, 124, 129, 130, 143],
  examples: [
    { line: 'sync-config watch -f nginx.yaml --yes', does: 'until Ctrl-C' },
    {
      line: 'sync-config watch -f nginx.yaml --yes --reconcile 5m -v',
      does: 'and tell every five minutes what somebody edited by hand',
    },
  ],
  run: watchSync,
})
