import { defineCommand } from '../../lib/core/command.ts'
import { scan, scanOptions } from '../../lib/harden/index.ts'

export default defineCommand({
  path: ['harden', 'scan'],
  summary: 'judge hosts by a security baseline, and tell what was seen',
  description:
    'Looks at everything in one connection and changes nothing. Without -t it is this machine. Hashes of passwords never leave a host. What may not be read has no verdict (exit 3): use --sudo.',
  input: scanOptions,
  exits: [0, 1, 2, 3, 69, 74, 77, 78, 124, 130],
  examples: [
    { line: 'harden scan', does: 'this machine, by every rule of level 1' },
    {
      line: 'harden scan -t @web --sudo --level l2 -o html=web.html',
      does: 'a group by all rules, as a page to read and send on',
    },
    { line: 'harden scan -t @all --sudo --fail-on high -o junit', does: 'for continuous integration: only what is severe fails' },
    {
      line: "harden scan -t @edge --sudo --rule sysctl --skip 'sysctl-ip-forward=they are routers'",
      does: 'one area, without a rule that does not fit',
    },
    {
      line: 'harden scan -t @db --sudo --oscap --profile cis_level1_server --timeout 20m',
      does: 'by oscap and the content on the hosts, at low priority',
    },
  ],
  run: scan,
})
