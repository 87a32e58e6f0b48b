import { sysctlRule } from '../sysctl-rule.ts'

export default sysctlRule({
  id: 'sysctl-kernel-addresses',
  title: 'users do not see addresses and messages of the kernel',
  severity: 'low',
  level: 'l2',
  why: 'addresses and messages of the kernel help to break out of a user account',
  references: ['SSG: sysctl_kernel_kptr_restrict', 'SSG: sysctl_kernel_dmesg_restrict'],
  settings: [
    { key: 'kernel.kptr_restrict', wanted: '1', also: ['2'], atBoot: '0' },
    { key: 'kernel.dmesg_restrict', wanted: '1', atBoot: '0' },
  ],
})
