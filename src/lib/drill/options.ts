import { z } from 'zod'
import { fleetOptions } from '../fleet/index.ts'

const { timeout: _t, idleTimeout: _i, maxFail: _m, ...fleet } = fleetOptions

const playbook = z.string().meta({
  positional: true,
  value: 'PLAYBOOK',
  completes: 'files',
  description: 'what to break, for how long, and what must hold (YAML)',
})

/** Flags of `opsctl drill run`. */
export const drillRunOptions = z.strictObject({
  playbook,
  ...fleet,
  dryRun: z
    .boolean()
    .default(false)
    .meta({ short: 'n', description: 'show what would be broken on each host, and break nothing' }),
})
export type DrillRunOptions = z.output<typeof drillRunOptions>

export const drillValidateOptions = z.strictObject({ playbook })

/** Flags of `opsctl drill doctor` and `clean`, which look at hosts. */
export const drillFleetOptions = z.strictObject(fleet)
export type DrillFleetOptions = z.output<typeof drillFleetOptions>
