import { defineCommand } from '../../lib/core/command.ts'
import { applySync, syncOptions } from '../../lib/sync/index.ts'

export default defineCommand({
  path: ['sync-config', 'apply'],
  summary: 'bring configuration from its source to the hosts, wave by wave, or back to where it was',
  description:
    'Read, filled in and validated, then applied in waves behind gates. When anything fails, what was changed is taken back on every host, as `rollback` of the sync file says.',
  input: syncOptions,
  mutates: true,
  exits: [0, 1, 2, 3, 5, 6, 69, 74, 75, 77, 78, 124, 130],
  examples: [
    { line: 'sync-config apply -f nginx.yaml', does: 'asks once, then applies' },
    {
      line: 'sync-config apply -f nginx.yaml --yes --max-stale 1h',
      does: 'without asking; a source that is down may be replaced by its snapshot of the last hour',
    },
  ],
  run: applySync,
})
