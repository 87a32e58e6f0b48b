import { defineCommand } from '../../../lib/core/command.ts'
import { dlqReplayOptions, replayLetters } from '../../../lib/logs/index.ts'

export default defineCommand({
  path: ['ship-logs', 'dlq', 'replay'],
  summary: 'offer dead letters to their sinks again',
  description: `For when the other side was mended: an index has its mapping, a limit is higher. Each letter goes to the sink that refused it, under the name that it had; one that died before any sink saw it goes to each sink that would get such a record. What is delivered is removed and moves from dead to delivered in the ledger; what is refused again stays, with its new reason. A sink that does not answer is tried until the deadline.

The pipeline must not run meanwhile. A replay that is killed loses nothing; letters that were under way may be delivered twice.`,
  input: dlqReplayOptions,
  exits: [0, 1, 2, 74, 75, 78, 130],
  examples: [
    { line: 'ship-logs dlq replay pipeline.yaml --dry-run', does: 'how many would be offered to whom' },
    { line: 'ship-logs dlq replay pipeline.yaml --yes --sink es', does: 'all that Elasticsearch refused; nobody is asked' },
    { line: 'ship-logs dlq replay pipeline.yaml --since 1h --deadline 10m', does: 'those of the last hour, with patience' },
  ],
  run: replayLetters,
})
