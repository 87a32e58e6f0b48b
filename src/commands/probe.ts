import { defineCommand } from '../lib/core/command.ts'
import { probe, probeOptions } from '../lib/probe/index.ts'

export default defineCommand({
  path: ['probe'],
  summary: 'is it healthy, and if not, why',
  description:
    'Without arguments it judges this machine; with -t other hosts, in one connection each and with nothing installed there. Endpoints are asked once, with every phase timed. A file of checks says more: thresholds, retries, dependencies, labels. Every failure has a reason from a fixed list (`opsctl explain reasons`).',
  input: probeOptions,
  exits: [0, 1, 2, 3, 69, 74, 77, 78, 124, 130],
  examples: [
    { line: 'probe', does: 'this machine' },
    { line: 'probe -t @web', does: 'the same for hosts, agentless' },
    { line: 'probe https://example.com tcp://db1:5432 tls://mail:993', does: 'endpoints, each with its phases' },
    { line: 'probe tcp://db1:5432 --from host -t @web', does: 'whether each web server reaches the database' },
    { line: 'probe -f checks.yaml -o junit=health.xml', does: 'a file of checks as a gate of continuous integration' },
    { line: 'probe -f checks.yaml --check disk -o nagios', does: 'one check of it as a Nagios plugin' },
  ],
  run: probe,
})
