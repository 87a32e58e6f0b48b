import { defineCommand } from '../../lib/core/command.ts'
import { drillRunOptions, runDrill } from '../../lib/drill/index.ts'

export default defineCommand({
  path: ['drill', 'run'],
  summary: 'break something on purpose, watch it recover, and leave no trace',
  description:
    'Looks whether all is steady, arms a lease on every host, injects the faults, looks on, always heals, looks again, and judges: passed (0), failed (1), invalid or inconclusive (3). A host that hears nothing of opsctl heals itself. Exit 6: something could not be healed.',
  input: drillRunOptions,
  mutates: true,
  exits: [0, 1, 2, 3, 6, 74, 75, 78, 124, 130],
  examples: [
    { line: 'drill run --dry-run failover.yaml', does: 'what would be broken on each host; nothing is' },
    { line: 'drill run failover.yaml', does: 'asks first; --yes says so beforehand' },
    { line: 'drill run --yes -o html=drill.html failover.yaml', does: 'with a timeline of phases, faults and measurements' },
  ],
  run: runDrill,
})
