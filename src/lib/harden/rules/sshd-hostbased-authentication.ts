import { must, sshdRule } from '../sshd-rule.ts'

/** OpenSCAP wants it written even where it is the default of sshd; here what sshd does counts. */
export default sshdRule({
  id: 'sshd-hostbased-authentication',
  title: 'no host vouches for its users',
  severity: 'medium',
  level: 'l1',
  why: 'whoever is root on one trusted host is every user on this one',
  references: [
    'CIS: Ensure sshd HostbasedAuthentication is disabled',
    'CIS: Ensure sshd IgnoreRhosts is enabled',
    'SSG: disable_host_auth',
    'SSG: sshd_disable_rhosts',
  ],
  wishes: [must('HostbasedAuthentication', 'no'), must('IgnoreRhosts', 'yes')],
})
