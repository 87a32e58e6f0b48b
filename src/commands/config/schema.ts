import { z } from 'zod'
import { configSchema } from '../../lib/config/schema.ts'
import { defineCommand } from '../../lib/core/command.ts'
import { playbookSchemaDocument } from '../../lib/drill/index.ts'
import { changeSchemaDocument } from '../../lib/exec/index.ts'

const documents = { config: configSchema, change: changeSchemaDocument, drill: playbookSchemaDocument }

export default defineCommand({
  path: ['config', 'schema'],
  summary: 'print the JSON Schema of configuration files, change files or playbooks, for editors',
  input: z.strictObject({
    of: z.enum(['config', 'change', 'drill']).default('config').meta({
      positional: true,
      value: 'OF',
      description: 'of opsctl.yaml, of the change files of `opsctl exec`, or of the playbooks of `opsctl drill`',
    }),
  }),
  configuration: 'forgiven',
  exits: [0, 2, 74],
  examples: [
    {
      line: 'config schema --output-file opsctl.schema.json',
      does: 'for a line `# yaml-language-server: $schema=opsctl.schema.json`',
    },
    { line: 'config schema change --output-file change.schema.json', does: 'the same for change files' },
  ],
  run: (context, { of }) => documents[of](context),
})
