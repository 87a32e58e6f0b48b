import { z } from 'zod'
import { defineCommand } from '../../lib/core/command.ts'
import { haltDrills } from '../../lib/drill/index.ts'

export default defineCommand({
  path: ['drill', 'halt'],
  summary: 'end all drills that run from this machine, and let none begin',
  description: 'Drills that run look for it every second; they heal what they broke and end with 3.',
  input: z.strictObject({
    reason: z
      .string()
      .default('')
      .meta({ value: 'TEXT', commandLineOnly: true, description: 'told to whoever wants to begin one' }),
  }),
  exits: [0, 74],
  examples: [{ line: "drill halt --reason 'incident 4711'", does: 'until `opsctl drill allow`' }],
  run: haltDrills,
})
