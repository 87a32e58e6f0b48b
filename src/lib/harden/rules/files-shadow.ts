import { filesRule } from '../files-rule.ts'

export default filesRule({
  id: 'files-shadow',
  title: 'only root and the shadow group read hashes of passwords',
  severity: 'high',
  level: 'l1',
  why: 'hashes that can be read can be guessed at leisure',
  references: [
    'CIS: Ensure permissions on /etc/shadow are configured',
    'CIS: Ensure permissions on /etc/gshadow are configured',
    'SSG: file_permissions_etc_shadow',
    'SSG: file_permissions_etc_gshadow',
  ],
  files: [
    { path: '/etc/shadow', mode: 0o640, groups: ['root', 'shadow'] },
    { path: '/etc/shadow-', mode: 0o640, groups: ['root', 'shadow'] },
    { path: '/etc/gshadow', mode: 0o640, groups: ['root', 'shadow'] },
    { path: '/etc/gshadow-', mode: 0o640, groups: ['root', 'shadow'] },
  ],
})
