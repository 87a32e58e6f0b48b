import { defineCommand } from '../../lib/core/command.ts'
import { drillValidateOptions, validatePlaybook } from '../../lib/drill/index.ts'

export default defineCommand({
  path: ['drill', 'validate'],
  summary: 'read a playbook and tell everything that is wrong with it',
  description: 'Nothing is contacted. `opsctl config schema drill` prints the JSON Schema for editors.',
  input: drillValidateOptions,
  exits: [0, 2, 74, 78],
  examples: [{ line: 'drill validate failover.yaml', does: 'every mistake with file, line and column' }],
  run: validatePlaybook,
})
