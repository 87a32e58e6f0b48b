import { z } from 'zod'
import { defineCommand } from '../../lib/core/command.ts'
import { ruleOptions, ruleTable } from '../../lib/harden/index.ts'

const { skip: _, ...which } = ruleOptions

export default defineCommand({
  path: ['harden', 'rules'],
  summary: 'the rules of the baseline: how severe, and what they ask for',
  input: z.strictObject(which),
  exits: [0, 2, 74],
  examples: [
    { line: 'harden rules --level l2', does: 'all of them' },
    { line: 'harden rules --rule sshd -o json', does: 'those on sshd, with why and where others ask for the same' },
  ],
  run: async (_context, options) => ruleTable(options),
})
