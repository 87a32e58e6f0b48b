import { defineCommand } from '../../lib/core/command.ts'
import { syncOptions, validateSync } from '../../lib/sync/index.ts'

export default defineCommand({
  path: ['sync-config', 'validate'],
  summary: 'judge new configuration before anything is changed',
  description:
    'Templates, schemas and policies are judged here; then every host judges a copy of its new files with its own programs, as `validate` of the sync file says.',
  input: syncOptions,
  exits: [0, 1, 2, 3, 69, 74, 77, 78, 124, 130],
  examples: [
    { line: 'sync-config validate -f nginx.yaml', does: 'would nginx take the new files on every host?' },
    { line: 'sync-config validate -f nginx.yaml -o junit=report.xml', does: 'with a report for the build server' },
  ],
  run: validateSync,
})
