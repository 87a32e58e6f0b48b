import { between, sshdRule } from '../sshd-rule.ts'

/** OpenSSH ends no idle session by this, only one whose client does not answer: a count of 0 switches the end off since 8.2. */
export default sshdRule({
  id: 'sshd-client-alive',
  title: 'sshd ends connections whose other side is gone',
  severity: 'low',
  level: 'l1',
  why: 'a session that nobody watches any more can be taken over',
  references: ['CIS: Ensure sshd ClientAliveInterval and ClientAliveCountMax are configured', 'SSG: sshd_set_idle_timeout'],
  wishes: [
    between('ClientAliveInterval', { least: 1, most: 900, wanted: '300' }),
    between('ClientAliveCountMax', { least: 1, most: 3, wanted: '3' }),
  ],
})
