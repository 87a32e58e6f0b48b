import { sshdRule } from '../sshd-rule.ts'

export default sshdRule({
  id: 'sshd-log-level',
  title: 'sshd logs who logged in, and nothing secret',
  severity: 'low',
  level: 'l1',
  why: 'without INFO there is no trace of logins; DEBUG writes down what users typed',
  references: ['CIS: Ensure sshd LogLevel is configured', 'SSG: sshd_set_loglevel_info'],
  wishes: [{ option: 'LogLevel', holds: now => /^(info|verbose)$/i.test(now), wanted: () => 'INFO' }],
})
