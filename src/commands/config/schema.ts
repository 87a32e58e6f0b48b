import { z } from 'zod'
import { configSchema } from '../../lib/config/schema.ts'
import { defineCommand } from '../../lib/core/command.ts'

export default defineCommand({
  path: ['config', 'schema'],
  summary: 'print the JSON Schema of configuration files, for editors',
  input: z.strictObject({}),
  configuration: 'forgiven',
  exits: [0, 74],
  examples: [
    {
      line: 'config schema --output-file opsctl.schema.json',
      does: 'for a line `# yaml-language-server: $schema=opsctl.schema.json`',
    },
  ],
  run: configSchema,
})
