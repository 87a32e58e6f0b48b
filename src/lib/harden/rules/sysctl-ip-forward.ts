import { sysctlRule } from '../sysctl-rule.ts'

/** A router or a host of containers needs it: leave the rule out there. */
export default sysctlRule({
  id: 'sysctl-ip-forward',
  title: 'the kernel forwards no packets',
  severity: 'medium',
  level: 'l1',
  why: 'a host that forwards joins networks that are kept apart',
  references: [
    'CIS: Ensure ip forwarding is disabled',
    'SSG: sysctl_net_ipv4_ip_forward',
    'SSG: sysctl_net_ipv6_conf_all_forwarding',
  ],
  settings: [
    // The kernel changes accept_redirects of all interfaces with it, RFC 1812.
    {
      key: 'net.ipv4.ip_forward',
      wanted: '0',
      atBoot: '0',
      disturbs: 'net.ipv4.conf.all.accept_redirects',
      spreads: '/proc/sys/net/ipv4/conf/*/forwarding',
    },
    { key: 'net.ipv6.conf.all.forwarding', wanted: '0', atBoot: '0', spreads: '/proc/sys/net/ipv6/conf/*/forwarding' },
  ],
})
