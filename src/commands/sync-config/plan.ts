import { defineCommand } from '../../lib/core/command.ts'
import { planSync, previewOptions } from '../../lib/sync/index.ts'

export default defineCommand({
  path: ['sync-config', 'plan'],
  summary: 'show what an apply would do: which hosts, files and services, wave by wave',
  description: 'After every judgement that an apply would pass through, those of the hosts included. Changes nothing.',
  input: previewOptions,
  exits: [0, 1, 2, 3, 4, 69, 74, 77, 78, 124, 130],
  examples: [
    { line: 'sync-config plan -f nginx.yaml', does: 'the waves, and the differences' },
    { line: 'sync-config plan -f nginx.yaml -o json', does: 'the same for a program to decide on' },
  ],
  run: planSync,
})
