import { defineCommand } from '../../lib/core/command.ts'
import { shipTestOptions, testPipeline } from '../../lib/logs/index.ts'

export default defineCommand({
  path: ['ship-logs', 'test'],
  summary: 'run the tests of a pipeline, or show what would come of a file',
  description: `Each of tests: in the file of the pipeline has a name, a source, lines, and what is to come of them: expect, a list of records of which every key that is given must be equal and those of absent must not be there; dead, filtered, and sinks with how many records each would get. A test that fails shows what came, and the difference (exit 1).

With --sample the beginning of a file is read, shaped and filtered as the pipeline would, and shown with what did not fit and why. Nothing is delivered, and nothing remembered.`,
  input: shipTestOptions,
  exits: [0, 1, 2, 74, 78],
  examples: [
    { line: 'ship-logs test pipeline.yaml', does: 'before it is rolled out' },
    {
      line: 'ship-logs test pipeline.yaml --sample /var/log/nginx/access.log --source web',
      does: 'what would come of a real file',
    },
  ],
  run: testPipeline,
})
