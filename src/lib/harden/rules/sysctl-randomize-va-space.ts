import { sysctlRule } from '../sysctl-rule.ts'

export default sysctlRule({
  id: 'sysctl-randomize-va-space',
  title: 'programs are loaded at random addresses',
  severity: 'high',
  level: 'l1',
  why: 'known addresses turn a bug in memory into a break-in',
  references: ['CIS: Ensure address space layout randomization is enabled', 'SSG: sysctl_kernel_randomize_va_space'],
  settings: [{ key: 'kernel.randomize_va_space', wanted: '2', atBoot: '2' }],
})
