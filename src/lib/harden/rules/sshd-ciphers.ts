import { sshdRule, without } from '../sshd-rule.ts'

export default sshdRule({
  id: 'sshd-ciphers',
  title: 'sshd takes no weak ciphers',
  severity: 'high',
  level: 'l1',
  why: 'what is sent under CBC modes, RC4 or 3DES can be read in part by who watches long enough',
  references: ['CIS: Ensure sshd Ciphers are configured', 'SSG: sshd_use_approved_ciphers'],
  wishes: [without('Ciphers', /cbc|arcfour|^none$/)],
})
