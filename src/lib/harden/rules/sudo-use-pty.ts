import { defineRule } from '../../core/component.ts'
import { sudoDefaultsRule } from '../sudo-defaults.ts'

/** sudo does this by itself since 1.9.14; the rule wants it said, as CIS does, since hosts of one fleet differ. */
export default defineRule(
  sudoDefaultsRule({
    id: 'sudo-use-pty',
    title: 'sudo runs commands in a terminal of their own',
    severity: 'medium',
    level: 'l1',
    why: 'a command left behind in the background could type into the terminal of the user who called sudo',
    references: ['CIS: Ensure sudo commands use pty', 'SSG: sudo_add_use_pty'],
    parameter: 'use_pty',
    holds: value => value === true,
    wanted: 'use_pty',
  }),
)
