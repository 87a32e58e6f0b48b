import { z } from 'zod'

const group = 'Global flags'

/** Flags that every command takes, before or after its name. */
export const globals = z.strictObject({
  output: z.array(z.string()).default(['human']).meta({
    short: 'o',
    value: 'FORMAT[=FILE]',
    group,
    completes: 'formats',
    description: 'format of the result; repeat with =FILE for more, as in -o human -o json=run.json',
  }),
  outputFile: z.string().optional().meta({
    value: 'FILE',
    group,
    completes: 'files',
    commandLineOnly: true,
    description: 'write the result there, whole or not at all',
  }),
  quiet: z.boolean().default(false).meta({ short: 'q', group, description: 'only the result and errors' }),
  verbose: z
    .int()
    .min(0)
    .default(0)
    .meta({ short: 'v', group, description: 'say what is decided; -vv adds the protocol and causes' }),
  color: z
    .enum(['auto', 'always', 'never'])
    .default('auto')
    .meta({ value: 'WHEN', group, description: 'colour on stdout and stderr' }),
  input: z.boolean().default(true).meta({ group, description: 'never ask on the terminal' }),
  yes: z
    .boolean()
    .default(false)
    .meta({ short: 'y', group, commandLineOnly: true, description: 'confirm changes without asking' }),
  logFormat: z
    .enum(['text', 'json'])
    .default('text')
    .meta({ value: 'FORMAT', group, description: 'format of messages on stderr' }),
  config: z.string().optional().meta({
    value: 'FILE',
    group,
    completes: 'files',
    commandLineOnly: true,
    description: 'read this configuration file and no other',
  }),
  stateDir: z
    .string()
    .optional()
    .meta({ value: 'DIR', group, completes: 'directories', description: 'where runs, journals and spilled output are kept' }),
})
export type Globals = z.output<typeof globals>
