import { sysctlRule } from '../sysctl-rule.ts'

/** OpenSCAP wants a file to set it even where the kernel's own value is right. */
export default sysctlRule({
  id: 'sysctl-suid-dumpable',
  title: 'programs with other rights leave no core dumps',
  severity: 'medium',
  level: 'l1',
  why: 'a core dump of such a program holds what its user may not read',
  references: ['CIS: Ensure core dumps are restricted', 'SSG: sysctl_fs_suid_dumpable'],
  settings: [{ key: 'fs.suid_dumpable', wanted: '0', atBoot: '0' }],
})
