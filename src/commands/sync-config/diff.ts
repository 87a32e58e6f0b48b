import { defineCommand } from '../../lib/core/command.ts'
import { diffSync, previewOptions } from '../../lib/sync/index.ts'

export default defineCommand({
  path: ['sync-config', 'diff'],
  summary: 'show how hosts differ from the configuration that they should have',
  description:
    'As a unified diff, hosts with the same difference together; in machine formats also as JSON Patch (RFC 6902) for files of JSON and YAML. Changes nothing.',
  input: previewOptions,
  exits: [0, 1, 2, 3, 4, 69, 74, 77, 78, 124, 130],
  examples: [
    { line: 'sync-config diff -f nginx.yaml', does: 'what would change, host by host' },
    { line: "sync-config diff -f nginx.yaml -t 'web[1-3]' -o json", does: 'on three hosts, with JSON Patch in the data' },
  ],
  run: diffSync,
})
