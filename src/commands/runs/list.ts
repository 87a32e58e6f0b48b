import { z } from 'zod'
import { defineCommand } from '../../lib/core/command.ts'
import { listRuns } from '../../lib/exec/index.ts'

export default defineCommand({
  path: ['runs', 'list'],
  summary: 'the recorded runs, newest first, with what came of each',
  input: z.strictObject({}),
  exits: [0, 74],
  examples: [{ line: 'runs list', does: 'what was run from here, and which changes stand half-way' }],
  run: listRuns,
})
