import { must, sshdRule } from '../sshd-rule.ts'

/** OpenSCAP wants it written even where it is the default of sshd; here what sshd does counts. */
export default sshdRule({
  id: 'sshd-permit-user-environment',
  title: 'users set no variables for their own sessions',
  severity: 'medium',
  level: 'l1',
  why: 'variables such as LD_PRELOAD get around what sshd enforces on a user',
  references: ['CIS: Ensure sshd PermitUserEnvironment is disabled', 'SSG: sshd_do_not_permit_user_env'],
  wishes: [must('PermitUserEnvironment', 'no')],
})
