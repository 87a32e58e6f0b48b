import { sysctlRule } from '../sysctl-rule.ts'

export default sysctlRule({
  id: 'sysctl-accept-redirects',
  title: 'the kernel takes no ICMP redirects',
  severity: 'medium',
  level: 'l1',
  why: 'a neighbour can lead traffic over itself by a forged redirect',
  references: ['CIS: Ensure icmp redirects are not accepted', 'SSG: sysctl_net_ipv4_conf_all_accept_redirects'],
  settings: [
    { key: 'net.ipv4.conf.all.accept_redirects', wanted: '0', atBoot: '1' },
    { key: 'net.ipv4.conf.default.accept_redirects', wanted: '0', atBoot: '1' },
    { key: 'net.ipv6.conf.all.accept_redirects', wanted: '0', atBoot: '1' },
    { key: 'net.ipv6.conf.default.accept_redirects', wanted: '0', atBoot: '1' },
  ],
})
