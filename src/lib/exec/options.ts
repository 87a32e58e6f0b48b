import { z } from 'zod'
import { sizeField } from '../core/fields.ts'
import { fleetOptions } from '../fleet/index.ts'

const what = 'Command'
const shown = 'Output'

/** Flags of `opsctl exec`. */
export const execOptions = z.strictObject({
  command: z.array(z.string()).default([]).meta({
    positional: true,
    value: 'COMMAND',
    completes: 'none',
    description:
      "a change file (CHANGE.yaml); or: one word is a line for the host's shell, several are a program and its arguments, passed exactly",
  }),
  ...fleetOptions,
  dryRun: z.boolean().default(false).meta({
    short: 'n',
    group: what,
    description: 'of a change file: show what would be changed on each host, and change nothing',
  }),
  detailedExitCode: z.boolean().default(false).meta({
    group: what,
    commandLineOnly: true,
    description: 'with --dry-run: exit with 4 when something would be changed, with 0 when nothing would',
  }),
  resume: z.string().optional().meta({
    value: 'RUN_ID',
    group: what,
    commandLineOnly: true,
    description: 'go on with a change that was killed, as `opsctl runs list` shows it',
  }),
  script: z.string().optional().meta({
    value: 'FILE',
    group: what,
    completes: 'files',
    commandLineOnly: true,
    description:
      'run this local script there, its interpreter from the first line; COMMAND gives its arguments; nothing is left on the host; - reads it from stdin',
  }),
  env: z
    .array(z.string())
    .default([])
    .meta({ short: 'e', value: 'NAME=VALUE', group: what, commandLineOnly: true, description: 'set a variable for the command' }),
  stdin: z.string().optional().meta({
    value: 'FILE',
    group: what,
    completes: 'files',
    commandLineOnly: true,
    description: "feed this file to the command on every host; - is opsctl's own stdin",
  }),
  idempotent: z
    .boolean()
    .default(false)
    .meta({ group: what, description: 'the command may run twice: run it again when the connection breaks' }),
  collate: z
    .boolean()
    .default(false)
    .meta({ short: 'b', group: shown, description: 'same output of several hosts once, under their node set' }),
  diff: z
    .boolean()
    .default(false)
    .meta({ group: shown, description: 'with --collate: show how the other groups differ from the largest' }),
  prefix: z
    .boolean()
    .default(true)
    .meta({ group: shown, description: 'no host name before each line, and on a terminal no control sequence taken away' }),
  outputDir: z
    .string()
    .optional()
    .meta({ value: 'DIR', group: shown, completes: 'directories', description: 'a file for each host, HOST and HOST.stderr' }),
  maxOutput: sizeField()
    .prefault('64MiB')
    .meta({ value: 'SIZE', group: shown, description: 'of one host; more ends its command' }),
  spill: z.boolean().default(false).meta({
    group: shown,
    description: 'keep all output in files below the state directory, without a limit, and name them in the report',
  }),
})
export type ExecOptions = z.output<typeof execOptions>
