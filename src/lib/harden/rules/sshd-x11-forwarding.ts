import { must, sshdRule } from '../sshd-rule.ts'

export default sshdRule({
  id: 'sshd-x11-forwarding',
  title: 'sshd does not forward X11',
  severity: 'low',
  level: 'l2',
  why: 'whoever is root on the server can watch and type into the screen of a user who forwards it',
  references: ['CIS: Ensure SSH X11 forwarding is disabled', 'SSG: sshd_disable_x11_forwarding'],
  wishes: [must('X11Forwarding', 'no')],
})
