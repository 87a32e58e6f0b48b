import { sshdRule, without } from '../sshd-rule.ts'

export default sshdRule({
  id: 'sshd-macs',
  title: 'sshd takes no weak message authentication',
  severity: 'medium',
  level: 'l1',
  why: 'MD5, RIPEMD-160 and tags of 64 bits or less can be forged',
  references: ['CIS: Ensure sshd MACs are configured', 'SSG: sshd_use_approved_macs'],
  wishes: [without('MACs', /md5|ripemd|sha1-96|^umac-64|^none$/)],
})
