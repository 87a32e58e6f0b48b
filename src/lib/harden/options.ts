import { z } from 'zod'
import { OpsError } from '../core/errors.ts'
import { durationField, parsedBy } from '../core/fields.ts'
import { ruleSeverities } from '../core/rule.ts'
import { fleetOptions } from '../fleet/index.ts'

const which = 'Rules'
const byOscap = 'OpenSCAP'

/** Flags that say which rules are meant. */
export const ruleOptions = {
  rule: z.array(z.string()).default([]).meta({
    value: 'RULE',
    group: which,
    description: 'only this rule, whatever its level, or all of an area: sshd, sysctl, files, accounts, sudo; may be repeated',
  }),
  skip: z
    .array(z.string().transform(parsedBy(parseSkip)))
    .default([])
    .meta({
      value: 'RULE=REASON',
      group: which,
      description: 'leave this rule out, and say why in the report; may be repeated',
    }),
  level: z
    .enum(['l1', 'l2'])
    .default('l1')
    .meta({ group: which, description: 'l1: what every server should do; l2: also what costs some use' }),
}

/** Flags of `opsctl harden scan`. */
export const scanOptions = z.strictObject({
  ...fleetOptions,
  ...ruleOptions,
  failOn: z
    .enum(ruleSeverities)
    .default('low')
    .meta({ group: which, description: 'what is less severe and fails is only a warning: the exit code stays 0' }),
  oscap: z
    .boolean()
    .default(false)
    .meta({ group: byOscap, description: 'judge by oscap, which must be on the hosts, instead of by our own rules' }),
  profile: z.string().min(1).optional().meta({
    value: 'NAME',
    group: byOscap,
    description: 'profile of the content, such as standard or cis_level1_server',
  }),
  content: z.string().optional().meta({
    value: 'FILE',
    group: byOscap,
    completes: 'files',
    description: 'SCAP source data stream to send to the hosts; without it each uses the one for its own system',
  }),
  oscapRule: z
    .array(z.string())
    .default([])
    .meta({ value: 'RULE', group: byOscap, description: 'only this rule of the profile; may be repeated' }),
})
export type ScanOptions = z.output<typeof scanOptions>

/** Flags of `opsctl harden fix`. */
export const fixOptions = z.strictObject({
  ...fleetOptions,
  ...ruleOptions,
  dryRun: z.boolean().default(false).meta({
    short: 'n',
    group: 'Change',
    description: 'show what would be changed on each host, and change nothing',
  }),
  wave: z
    .array(z.string().transform(parsedBy(parseWave)))
    .default([])
    .meta({
      value: 'N|P%',
      group: 'Change',
      description: 'change so many hosts first, or up to such a share of all; may be repeated, the rest comes last',
    }),
  hold: durationField().prefault('1m').meta({
    value: 'TIME',
    group: 'Change',
    description:
      'changes of sshd, sudo and accounts are taken back by the host itself unless a new login succeeds within this time',
  }),
})
export type FixOptions = z.output<typeof fixOptions>

export interface Skip {
  readonly rule: string
  readonly reason: string
}

/** @throws OpsError E_USAGE */
function parseSkip(text: string): Skip {
  const [, rule, reason] = /^([^=]+)=\s*(\S.*)$/.exec(text) ?? []
  if (rule === undefined || reason === undefined) {
    throw new OpsError('E_USAGE', `'${text}' does not say why`, {
      hint: "write RULE=REASON, as in --skip 'sysctl-ip-forward=it is a router'",
    })
  }
  return { rule, reason }
}

/** @throws OpsError E_USAGE */
function parseWave(text: string): { readonly count: number } | { readonly percent: number } {
  const [, figure, sign] = /^([1-9]\d*)(%?)$/.exec(text) ?? []
  const value = Number(figure)
  if (figure === undefined || (sign === '%' && value > 100)) {
    throw new OpsError('E_USAGE', `'${text}' is neither a number of hosts nor a share of them`, { hint: 'write 1 or 10%' })
  }
  return sign === '%' ? { percent: value } : { count: value }
}
