import { z } from 'zod'
import { OpsError } from '../core/errors.ts'
import { parsedBy } from '../core/fields.ts'
import { fleetOptions } from '../fleet/index.ts'

const what = 'Copy'
// Whoever receives prints nothing, so silence says nothing.
const { idleTimeout: _, ...flags } = fleetOptions

/** Flags of `opsctl cp`. */
export const copyOptions = z.strictObject({
  paths: z.array(z.string()).default([]).meta({
    positional: true,
    value: 'PATH',
    completes: 'files',
    description: 'what to copy, then where to; a leading colon marks the side on the hosts, as in :/etc/nginx/',
  }),
  ...flags,
  owner: z.string().transform(parsedBy(parseOwner)).optional().meta({
    value: 'USER[:GROUP]',
    group: what,
    description: 'who owns the files on the hosts, instead of the login user; wants --sudo or a login as root',
  }),
  flat: z
    .boolean()
    .default(false)
    .meta({ group: what, commandLineOnly: true, description: 'from one host: no directory named after it' }),
  dryRun: z.boolean().default(false).meta({
    short: 'n',
    group: what,
    commandLineOnly: true,
    description: 'compare, and only list what would be copied',
  }),
})
export type CopyOptions = z.output<typeof copyOptions>

/** @throws OpsError E_USAGE */
export function parseOwner(text: string): string {
  if (/^(?=.)([\w.][\w.@-]*\$?)?(:[\w.][\w.@-]*)?$/.test(text)) return text
  throw new OpsError('E_USAGE', `'${text}' is not an owner`, { hint: 'write deploy, deploy:www-data or :www-data' })
}
