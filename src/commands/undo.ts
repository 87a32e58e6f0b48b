import { z } from 'zod'
import { defineCommand } from '../lib/core/command.ts'
import { undoChange } from '../lib/exec/index.ts'
import { fleetOptions } from '../lib/fleet/index.ts'

const {
  targets: _t,
  inventory: _i,
  limit: _l,
  shard: _s,
  allowEmpty: _e,
  timeout: _to,
  idleTimeout: _it,
  ...connection
} = fleetOptions

export default defineCommand({
  path: ['undo'],
  summary: 'take back what stands of a change, from its journal alone',
  description:
    'For a change that was killed, or whose roll-back did not succeed everywhere, or that is regretted. What was taken back already is left alone, ' +
    'and so is a file that somebody else, or a later change, wrote since: it is named, and the exit code is 6.',
  input: z.strictObject({
    run: z
      .string()
      .meta({ positional: true, value: 'RUN_ID', completes: 'none', description: 'the run, as `opsctl runs list` shows it' }),
    force: z
      .boolean()
      .default(false)
      .meta({ description: 'also put the old state over what was changed there after the change' }),
    ...connection,
  }),
  mutates: true,
  exits: [0, 2, 6, 75, 77, 78, 124, 130],
  examples: [
    { line: 'undo 20261122T031500.123-7f3a', does: 'put every host back as it was before the change' },
    {
      line: 'undo 20261122T031500.123-7f3a --sudo-password-file ~/.sudo -o json',
      does: 'with the password that the change needed, as JSON',
    },
  ],
  run: (context, { run, ...options }) => undoChange(context, run, options),
})
