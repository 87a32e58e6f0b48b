import { filesRule } from '../files-rule.ts'

export default filesRule({
  id: 'files-sshd-config',
  title: 'only root reads and writes the configuration of sshd',
  severity: 'medium',
  level: 'l1',
  why: 'whoever writes it lets everybody in; whoever reads it knows where to try',
  references: ['CIS: Ensure permissions on /etc/ssh/sshd_config are configured', 'SSG: file_permissions_sshd_config'],
  files: [
    { path: '/etc/ssh/sshd_config', mode: 0o600 },
    { path: '/etc/ssh/sshd_config.d/*.conf', mode: 0o600 },
  ],
})
