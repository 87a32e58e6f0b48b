import { filesRule } from '../files-rule.ts'

/** Red Hat gives its keys to a group ssh_keys, which may read them. */
export default filesRule({
  id: 'files-ssh-host-keys',
  title: 'only root reads the private keys of the host',
  severity: 'high',
  level: 'l1',
  why: 'whoever has them can pretend to be this host',
  references: ['CIS: Ensure permissions on SSH private host key files are configured', 'SSG: file_permissions_sshd_private_key'],
  files: [{ path: '/etc/ssh/ssh_host_*_key', mode: 0o600, whenGroup: { ssh_keys: 0o640, _ssh: 0o640 } }],
})
