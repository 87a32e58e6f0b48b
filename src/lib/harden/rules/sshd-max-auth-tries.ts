import { between, sshdRule } from '../sshd-rule.ts'

export default sshdRule({
  id: 'sshd-max-auth-tries',
  title: 'a connection has at most 4 tries to log in',
  severity: 'medium',
  level: 'l1',
  why: 'many tries on one connection make guessing passwords cheap',
  references: ['CIS: Ensure sshd MaxAuthTries is configured', 'SSG: sshd_set_max_auth_tries'],
  wishes: [between('MaxAuthTries', { least: 1, most: 4, wanted: '4' })],
})
