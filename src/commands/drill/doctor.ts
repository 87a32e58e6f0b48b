import { defineCommand } from '../../lib/core/command.ts'
import { doctorDrill, drillFleetOptions } from '../../lib/drill/index.ts'

export default defineCommand({
  path: ['drill', 'doctor'],
  summary: 'which faults hosts can have, and what they lack for the others',
  input: drillFleetOptions,
  exits: [0, 1, 2, 3, 69, 74, 77, 78, 124, 130],
  examples: [
    { line: 'drill doctor -t localhost', does: 'of this machine' },
    { line: 'drill doctor -t @db --sudo', does: 'as root, as drills with --sudo are' },
  ],
  run: doctorDrill,
})
