import { between, sshdRule } from '../sshd-rule.ts'

export default sshdRule({
  id: 'sshd-login-grace-time',
  title: 'a connection has at most a minute to log in',
  severity: 'low',
  level: 'l1',
  why: 'connections that wait to log in take places from others',
  references: ['CIS: Ensure sshd LoginGraceTime is configured', 'SSG: sshd_set_login_grace_time'],
  wishes: [between('LoginGraceTime', { least: 1, most: 60, wanted: '60' })],
})
