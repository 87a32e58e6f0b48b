import { z } from 'zod'
import { defineCommand } from '../../lib/core/command.ts'
import { allowDrills } from '../../lib/drill/index.ts'

export default defineCommand({
  path: ['drill', 'allow'],
  summary: 'let drills begin again after a halt',
  input: z.strictObject({}),
  exits: [0, 74],
  examples: [{ line: 'drill allow', does: 'takes back `opsctl drill halt`' }],
  run: allowDrills,
})
