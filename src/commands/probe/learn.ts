import { defineCommand } from '../../lib/core/command.ts'
import { probeLearn, probeLearnOptions } from '../../lib/probe/index.ts'

export default defineCommand({
  path: ['probe', 'learn'],
  summary: 'write a file of checks from what hosts show',
  description:
    'Ports that listen, file systems, services, users, kernel settings, clock and names, each with the reason why it is there. Only what holds now is written. What several hosts share stands there once.',
  input: probeLearnOptions,
  exits: [0, 2, 3, 69, 74, 77, 78, 124, 130],
  examples: [
    { line: 'probe learn', does: 'checks of this machine, on stdout' },
    { line: 'probe learn @web --output-file checks.yaml', does: 'checks of several hosts; then: opsctl probe -f checks.yaml' },
    { line: 'probe learn db1 --sudo --try', does: 'with the processes of all users, and what speaks TLS or HTTP' },
  ],
  run: probeLearn,
})
