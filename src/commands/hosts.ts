import { z } from 'zod'
import { defineCommand } from '../lib/core/command.ts'
import { fleetOptions, hostList } from '../lib/fleet/index.ts'

const { targets, inventory, limit, shard, allowEmpty, sshConfig } = fleetOptions

export default defineCommand({
  path: ['hosts'],
  summary: 'show which hosts a selection names, folded or one a line',
  description: 'Contacts nothing. Without -t it shows every host of the inventory.',
  input: z.strictObject({
    targets,
    inventory,
    limit,
    shard,
    allowEmpty,
    sshConfig,
    fold: z.boolean().default(false).meta({ description: 'as one node set' }),
    groups: z.boolean().default(false).meta({ description: 'the groups instead, each with its hosts folded' }),
  }),
  exits: [0, 2, 78],
  examples: [
    { line: "hosts -t 'web[01-50]!web07' --fold", does: 'a node set, worked out and folded again' },
    { line: 'hosts -i hosts.ini --groups', does: 'the groups of an Ansible inventory' },
    { line: 'hosts -t @failed -o json', does: 'who failed last time, with how each would be reached' },
  ],
  run: hostList,
})
