import { sysctlRule } from '../sysctl-rule.ts'

export default sysctlRule({
  id: 'sysctl-tcp-syncookies',
  title: 'a flood of half-open connections does not stop new ones',
  severity: 'medium',
  level: 'l1',
  why: 'a few packets a second make a server unreachable',
  references: ['CIS: Ensure tcp syn cookies is enabled', 'SSG: sysctl_net_ipv4_tcp_syncookies'],
  settings: [{ key: 'net.ipv4.tcp_syncookies', wanted: '1', atBoot: '1' }],
})
