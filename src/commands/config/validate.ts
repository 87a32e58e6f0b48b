import { z } from 'zod'
import { validateConfig } from '../../lib/config/validate.ts'
import { defineCommand } from '../../lib/core/command.ts'

export default defineCommand({
  path: ['config', 'validate'],
  summary: 'read configuration files as a run would and tell all that is wrong in them',
  input: z.strictObject({
    file: z.array(z.string()).default([]).meta({
      positional: true,
      value: 'FILE',
      completes: 'files',
      description: 'files to read instead of those that a run would read',
    }),
  }),
  configuration: 'forgiven',
  exits: [0, 74, 78],
  examples: [
    { line: 'config validate', does: 'every file that applies here' },
    { line: 'config validate -o junit opsctl.yaml', does: 'one file, for continuous integration' },
  ],
  run: validateConfig,
})
