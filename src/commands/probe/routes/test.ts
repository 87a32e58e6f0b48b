import { defineCommand } from '../../../lib/core/command.ts'
import { probeRoutesTestOptions, testRoutes } from '../../../lib/probe/index.ts'

export default defineCommand({
  path: ['probe', 'routes', 'test'],
  summary: 'show who would be told of an alert, when, and why nobody else',
  description: 'Sends nothing. Every route is named with what it wants and what the alert has instead.',
  input: probeRoutesTestOptions,
  exits: [0, 2, 74, 78],
  examples: [
    { line: 'probe routes test --alerts alerts.yaml team=shop env=prod', does: 'of a critical alert' },
    {
      line: 'probe routes test --alerts alerts.yaml --severity warning --reason tls-expired team=shop',
      does: 'of a warning that a certificate has expired',
    },
  ],
  run: testRoutes,
})
