import { z } from 'zod'
import { defineCommand } from '../../lib/core/command.ts'
import { listRuns } from '../../lib/exec/index.ts'

export default defineCommand({
  path: ['runs', 'list'],
  summary: 'the recorded runs, newest first, with what came of each',
  description:
    'When each began (UTC), how long it took, and how it ended: ok, N failed (hosts), N fail or unknown (verdicts of a scan), killed or running; a change is kept, undone, stuck or unfinished, and with the last two the hosts are named on which it stands half-way.',
  input: z.strictObject({
    limit: z.int().min(0).default(50).meta({ value: 'N', commandLineOnly: true, description: 'only the newest; 0 for all' }),
    unfinished: z
      .boolean()
      .default(false)
      .meta({ commandLineOnly: true, description: 'only changes that stand half-way on some host' }),
  }),
  exits: [0, 74],
  examples: [
    { line: 'runs list', does: 'what was run from here' },
    { line: 'runs list --unfinished', does: 'changes that somebody has to undo or resume' },
    { line: 'runs list --limit 0 -o json', does: 'everything that is recorded, as data' },
  ],
  run: listRuns,
})
