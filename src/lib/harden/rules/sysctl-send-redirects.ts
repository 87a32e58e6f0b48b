import { sysctlRule } from '../sysctl-rule.ts'

export default sysctlRule({
  id: 'sysctl-send-redirects',
  title: 'the kernel sends no ICMP redirects',
  severity: 'low',
  level: 'l1',
  why: 'a host that was broken into can lead the traffic of others by redirects',
  references: ['CIS: Ensure packet redirect sending is disabled', 'SSG: sysctl_net_ipv4_conf_all_send_redirects'],
  settings: [
    { key: 'net.ipv4.conf.all.send_redirects', wanted: '0', atBoot: '1' },
    { key: 'net.ipv4.conf.default.send_redirects', wanted: '0', atBoot: '1' },
  ],
})
