import { z } from 'zod'
import { defineCommand } from '../../lib/core/command.ts'
import { drillStatus } from '../../lib/drill/index.ts'

export default defineCommand({
  path: ['drill', 'status'],
  summary: 'whether drills may begin, which run, and what others left broken',
  description: 'As the journals of this machine know it; nothing is contacted.',
  input: z.strictObject({}),
  exits: [0, 74],
  examples: [
    { line: 'drill status', does: 'before a drill, and after one that was killed' },
    { line: 'drill status -o json', does: 'for scripts' },
  ],
  run: drillStatus,
})
