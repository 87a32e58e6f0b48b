import { z } from 'zod'
import { defineCommand } from '../lib/core/command.ts'
import { explain } from '../lib/surface/explain/explain.ts'

export default defineCommand({
  path: ['explain'],
  summary: 'tell what an error code, exit code, reason, format or component means',
  description: 'Without a topic it lists the topics. The case of error codes does not matter.',
  input: z.strictObject({
    topic: z
      .string()
      .optional()
      .meta({ positional: true, value: 'TOPIC', completes: 'explainables', description: 'what to explain' }),
    type: z
      .string()
      .optional()
      .meta({ positional: true, value: 'TYPE', completes: 'explainables', description: 'a type of the kind TOPIC' }),
  }),
  configuration: 'forgiven',
  exits: [0, 2, 74],
  examples: [
    { line: 'explain E_HOSTKEY', does: 'an error code: what happened and what to do' },
    { line: 'explain exit-codes', does: 'all exit codes, and which of several wins' },
    { line: 'explain renderer json', does: 'one format, with its schema' },
    { line: 'explain environment -o json', does: 'every variable that opsctl reads, as data' },
  ],
  run: explain,
})
