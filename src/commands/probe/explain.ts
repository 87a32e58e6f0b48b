import { defineCommand } from '../../lib/core/command.ts'
import { explainCheck, probeOptions } from '../../lib/probe/index.ts'

export default defineCommand({
  path: ['probe', 'explain'],
  summary: 'make one look and tell everything that happened',
  description:
    'Phases, addresses, bytes, certificates and every judgement, in order, with secrets masked. It is looked at, not judged: the exit code is 0.',
  input: probeOptions,
  exits: [0, 2, 74, 77, 78, 124, 130],
  examples: [
    { line: 'probe explain https://example.com', does: 'why an endpoint is slow, or what its certificates are' },
    { line: 'probe explain -f checks.yaml --check login', does: 'one check of a file' },
  ],
  run: explainCheck,
})
