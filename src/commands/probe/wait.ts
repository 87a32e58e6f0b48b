import { defineCommand } from '../../lib/core/command.ts'
import { probeWait, probeWaitOptions } from '../../lib/probe/index.ts'

export default defineCommand({
  path: ['probe', 'wait'],
  summary: 'look again and again until everything is well, or the deadline passes',
  description:
    'Takes what `opsctl probe` takes. The report is that of the last round; with a passed deadline the exit code is 124.',
  input: probeWaitOptions,
  exits: [0, 2, 74, 77, 78, 124, 130],
  examples: [
    { line: 'probe wait https://localhost:8443/health --deadline 2m', does: 'after a deployment, until the service answers' },
    { line: 'probe wait tcp://db1:5432 --from host -t @web --every 500ms', does: 'until each web server reaches the database' },
  ],
  run: probeWait,
})
