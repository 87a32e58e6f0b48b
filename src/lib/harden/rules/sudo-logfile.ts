import { defineRule } from '../../core/component.ts'
import { sudoDefaultsRule } from '../sudo-defaults.ts'

/** OpenSCAP's sudo_custom_logfile does not see a value in quotes, nor one on a continued line; sudo takes both. */
export default defineRule(
  sudoDefaultsRule({
    id: 'sudo-logfile',
    title: 'sudo writes a log of its own',
    severity: 'low',
    level: 'l1',
    why: 'in the log of the whole system what was done as root is hard to find',
    references: ['CIS: Ensure sudo log file exists', 'SSG: sudo_custom_logfile'],
    parameter: 'logfile',
    holds: value => typeof value === 'string' && value.startsWith('/'),
    wanted: 'logfile="/var/log/sudo.log"',
  }),
)
