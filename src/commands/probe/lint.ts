import { defineCommand } from '../../lib/core/command.ts'
import { probeLint, probeLintOptions } from '../../lib/probe/index.ts'

export default defineCommand({
  path: ['probe', 'lint'],
  summary: 'read files of checks as a run would, and list what they ask for',
  description: 'Contacts nothing. Everything that is wrong is told with its line and column.',
  input: probeLintOptions,
  exits: [0, 2, 74, 78],
  examples: [{ line: 'probe lint checks.yaml', does: 'before it is committed' }],
  run: probeLint,
})
