import { defineCommand } from '../../lib/core/command.ts'
import { recordedOptions, statusOfSync } from '../../lib/sync/index.ts'

export default defineCommand({
  path: ['sync-config', 'status'],
  summary: 'tell which hosts are no longer as they were left',
  description:
    'Compares content, mode and owner with what was applied last from this machine. Changes nothing; exit 1 when a host differs.',
  input: recordedOptions,
  exits: [0, 1, 2, 3, 69, 74, 77, 78, 124, 130],
  examples: [
    { line: 'sync-config status -f nginx.yaml', does: 'did somebody edit a file by hand?' },
    { line: 'sync-config status -f nginx.yaml -o json', does: 'with the revisions that were applied, newest last' },
  ],
  run: statusOfSync,
})
