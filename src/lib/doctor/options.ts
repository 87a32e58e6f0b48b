import { z } from 'zod'
import { fleetOptions } from '../fleet/index.ts'

const { inventory, user, identity, sshConfig, hostKeyPolicy, passwordFile, connectTimeout, concurrency } = fleetOptions

/** Flags of `opsctl doctor`. */
export const doctorOptions = z.strictObject({
  host: z.array(z.string()).default([]).meta({
    value: 'SET',
    group: 'Targets',
    completes: 'targets',
    description: 'go to these hosts too, one stage after the other',
  }),
  inventory,
  user,
  identity,
  sshConfig,
  hostKeyPolicy,
  passwordFile,
  concurrency,
  connectTimeout,
})
export type DoctorOptions = z.output<typeof doctorOptions>
