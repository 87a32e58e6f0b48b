import { defineCommand } from '../../lib/core/command.ts'
import { tapOptions, tapPipeline } from '../../lib/logs/index.ts'

export default defineCommand({
  path: ['ship-logs', 'tap'],
  summary: 'look at what passes through a pipeline that runs',
  description: `Shows the records of a pipeline as they pass, from the moment it is asked: the lines as they were read, the records made of them, those that are shaped, or those on their way to one sink. One JSON object a line; with -o ndjson each says its stage, source and stream too. Nothing is changed, and the pipeline never waits: what is read more slowly than it comes is not shown, counted and told.

SECRETS: what is masked or hashed is so from the stage shaped on, and at sinks. At read and parsed everything is shown as it was written. Only the user of the pipeline and root can look: it is a socket with mode 0600 in the state directory of the pipeline.

It ends behind --limit records, or when it is told to. When the pipeline ends it says so, waits 30 seconds for it to run again, and goes on there.`,
  input: tapOptions,
  exits: [0, 2, 69, 74, 130, 141, 143],
  examples: [
    { line: 'ship-logs tap -f pipeline.yaml', does: 'what the sinks are to get' },
    { line: "ship-logs tap -f pipeline.yaml --where 'status >= 500' --rate 10/s", does: 'some of the errors' },
    {
      line: 'ship-logs tap -f pipeline.yaml --stage search --limit 5 -o ndjson',
      does: 'five records on their way to the sink search',
    },
  ],
  run: tapPipeline,
})
