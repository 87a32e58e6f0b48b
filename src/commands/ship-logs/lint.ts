import { defineCommand } from '../../lib/core/command.ts'
import { lintPipeline, shipLintOptions } from '../../lib/logs/index.ts'

export default defineCommand({
  path: ['ship-logs', 'lint'],
  summary: 'read the file of a pipeline as a start would, and tell what it does',
  description: 'Opens and contacts nothing, and reads no secret. Everything that is wrong is told with its line and column.',
  input: shipLintOptions,
  exits: [0, 2, 74, 78],
  examples: [{ line: 'ship-logs lint pipeline.yaml', does: 'before it is rolled out' }],
  run: lintPipeline,
})
