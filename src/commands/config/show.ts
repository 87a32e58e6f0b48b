import { z } from 'zod'
import { showConfig } from '../../lib/config/show.ts'
import { defineCommand } from '../../lib/core/command.ts'

export default defineCommand({
  path: ['config', 'show'],
  summary: 'show every setting as the commands find it',
  description: 'From variables, configuration files and defaults, in this order. Flags of a command line come before all.',
  input: z.strictObject({
    command: z.array(z.string()).default([]).meta({
      positional: true,
      value: 'COMMAND',
      completes: 'commands',
      description: 'the settings of this command alone',
    }),
    origin: z
      .boolean()
      .default(false)
      .meta({ commandLineOnly: true, description: 'where each comes from: variable, file:line:column or default' }),
    changed: z.boolean().default(false).meta({ commandLineOnly: true, description: 'only those that are not at their default' }),
  }),
  exits: [0, 2, 74, 78],
  examples: [
    { line: 'config show --changed --origin', does: 'what is set, and where' },
    { line: 'config show exec', does: 'all settings of one command' },
  ],
  run: showConfig,
})
