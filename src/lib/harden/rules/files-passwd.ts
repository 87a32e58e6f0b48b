import { filesRule } from '../files-rule.ts'

export default filesRule({
  id: 'files-passwd',
  title: 'only root writes the lists of users and groups',
  severity: 'high',
  level: 'l1',
  why: 'whoever can write them is root',
  references: [
    'CIS: Ensure permissions on /etc/passwd are configured',
    'CIS: Ensure permissions on /etc/group are configured',
    'SSG: file_permissions_etc_passwd',
    'SSG: file_permissions_etc_group',
  ],
  files: [
    { path: '/etc/passwd', mode: 0o644 },
    { path: '/etc/passwd-', mode: 0o644 },
    { path: '/etc/group', mode: 0o644 },
    { path: '/etc/group-', mode: 0o644 },
  ],
})
