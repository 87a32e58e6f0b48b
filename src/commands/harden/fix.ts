import { defineCommand } from '../../lib/core/command.ts'
import { fix, fixOptions } from '../../lib/harden/index.ts'

export default defineCommand({
  path: ['harden', 'fix'],
  summary: 'make the rules of the baseline hold where they fail, in a way that can be taken back',
  description:
    'What fails is looked at, shown, confirmed, changed and judged again; `opsctl undo RUN_ID` takes it back. Changes of sshd, sudo and accounts are held: unless a new login succeeds, the host takes them back by itself. Without -t it is this machine.',
  input: fixOptions,
  mutates: true,
  exits: [0, 1, 2, 3, 5, 6, 69, 74, 75, 77, 78, 124, 130],
  examples: [
    { line: 'harden fix --dry-run', does: 'what would be changed on this machine, as a diff' },
    {
      line: 'harden fix -t @web --sudo --rule sshd --wave 1 --wave 10%',
      does: 'sshd alone: one host, then a tenth of them, then the rest',
    },
    { line: 'harden fix -t @db --sudo --rule files-shadow --yes', does: 'one rule, without a question' },
  ],
  run: fix,
})
