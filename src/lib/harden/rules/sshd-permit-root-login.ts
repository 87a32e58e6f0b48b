import { must, sshdRule } from '../sshd-rule.ts'

export default sshdRule({
  id: 'sshd-permit-root-login',
  title: 'nobody logs in as root over SSH',
  severity: 'medium',
  level: 'l1',
  why: 'a login as root leaves no trace of who it was, and its name is the one that everybody guesses',
  references: ['CIS: Ensure sshd PermitRootLogin is disabled', 'SSG: sshd_disable_root_login'],
  asRoot: true,
  wishes: [must('PermitRootLogin', 'no')],
})
