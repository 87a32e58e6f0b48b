import { filesRule } from '../files-rule.ts'

export default filesRule({
  id: 'files-crontab',
  title: 'only root sees and writes what cron runs as root',
  severity: 'medium',
  level: 'l1',
  why: 'whoever writes there runs commands as root; whoever reads there learns when',
  references: [
    'CIS: Ensure permissions on /etc/crontab are configured',
    'SSG: file_permissions_crontab',
    'SSG: file_permissions_cron_d',
  ],
  files: [
    { path: '/etc/crontab', mode: 0o600 },
    { path: '/etc/cron.hourly', mode: 0o700 },
    { path: '/etc/cron.daily', mode: 0o700 },
    { path: '/etc/cron.weekly', mode: 0o700 },
    { path: '/etc/cron.monthly', mode: 0o700 },
    { path: '/etc/cron.d', mode: 0o700 },
  ],
})
