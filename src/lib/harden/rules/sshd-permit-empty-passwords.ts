import { must, sshdRule } from '../sshd-rule.ts'

export default sshdRule({
  id: 'sshd-permit-empty-passwords',
  title: 'nobody logs in over SSH without a password',
  severity: 'high',
  level: 'l1',
  why: 'an account without a password is open to whoever knows its name',
  references: ['CIS: Ensure sshd PermitEmptyPasswords is disabled', 'SSG: sshd_disable_empty_passwords'],
  wishes: [must('PermitEmptyPasswords', 'no')],
})
