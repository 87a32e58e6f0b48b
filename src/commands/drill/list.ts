import { z } from 'zod'
import { defineCommand } from '../../lib/core/command.ts'
import { listFaults } from '../../lib/drill/index.ts'

export default defineCommand({
  path: ['drill', 'list'],
  summary: 'the faults that a playbook may name, with their parameters',
  input: z.strictObject({}),
  exits: [0, 74],
  examples: [
    { line: 'drill list', does: 'for people' },
    { line: 'drill list -o json', does: 'with the JSON Schema of each' },
  ],
  run: listFaults,
})
