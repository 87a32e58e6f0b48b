import { sshdRule, without } from '../sshd-rule.ts'

export default sshdRule({
  id: 'sshd-kex-algorithms',
  title: 'sshd agrees on keys without SHA-1',
  severity: 'high',
  level: 'l1',
  why: 'keys agreed with SHA-1 or a group of 1024 bits can be broken by who records the traffic',
  references: ['CIS: Ensure sshd KexAlgorithms is configured'],
  wishes: [without('KexAlgorithms', /^diffie-hellman-.*-sha1$/)],
})
