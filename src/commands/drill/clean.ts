import { defineCommand } from '../../lib/core/command.ts'
import { cleanDrills, drillFleetOptions } from '../../lib/drill/index.ts'

export default defineCommand({
  path: ['drill', 'clean'],
  summary: 'heal what killed drills left broken, and look for what nobody knows of',
  description:
    'Heals by the journals of this machine. On the hosts of -t it looks besides for tables, busy processes and leases of drills that no journal here knows: they are told and left alone (exit 3). Exit 6: something could not be healed.',
  input: drillFleetOptions,
  mutates: true,
  exits: [0, 1, 2, 3, 6, 69, 74, 75, 77, 78, 124, 130],
  examples: [
    { line: 'drill clean', does: 'what the journals say' },
    { line: 'drill clean -t @db --sudo', does: 'and a look at these hosts' },
  ],
  run: cleanDrills,
})
