import { defineCommand } from '../../../lib/core/command.ts'
import { probeAlertsTestOptions, testChannel } from '../../../lib/probe/index.ts'

export default defineCommand({
  path: ['probe', 'alerts', 'test'],
  summary: 'send a test alert and its end through one channel',
  description:
    'One attempt each, with the address, the certificates and the secrets of the file. People will see it, so it asks first.',
  input: probeAlertsTestOptions,
  exits: [0, 1, 2, 74, 78, 130],
  examples: [{ line: 'probe alerts test pager --alerts alerts.yaml --yes', does: 'before the first night' }],
  run: testChannel,
})
