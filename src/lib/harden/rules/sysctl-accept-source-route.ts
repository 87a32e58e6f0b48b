import { sysctlRule } from '../sysctl-rule.ts'

export default sysctlRule({
  id: 'sysctl-accept-source-route',
  title: 'the kernel takes no packets that choose their own way',
  severity: 'medium',
  level: 'l1',
  why: 'a sender who chooses the way of a packet gets around filters',
  references: ['CIS: Ensure source routed packets are not accepted', 'SSG: sysctl_net_ipv4_conf_all_accept_source_route'],
  settings: [
    { key: 'net.ipv4.conf.all.accept_source_route', wanted: '0', atBoot: '0' },
    { key: 'net.ipv4.conf.default.accept_source_route', wanted: '0', atBoot: '1' },
    { key: 'net.ipv6.conf.all.accept_source_route', wanted: '0', also: ['-1'], atBoot: '0' },
    { key: 'net.ipv6.conf.default.accept_source_route', wanted: '0', also: ['-1'], atBoot: '0' },
  ],
})
