import { sysctlRule } from '../sysctl-rule.ts'

/** Loose filtering (2) counts as well: it is what systemd sets for hosts with several ways out. CIS asks for 1. */
export default sysctlRule({
  id: 'sysctl-rp-filter',
  title: 'packets from where their answer would not go are dropped',
  severity: 'medium',
  level: 'l1',
  why: 'senders can forge their addresses',
  references: ['CIS: Ensure reverse path filtering is enabled', 'SSG: sysctl_net_ipv4_conf_all_rp_filter'],
  settings: [
    { key: 'net.ipv4.conf.all.rp_filter', wanted: '1', also: ['2'], atBoot: '0' },
    { key: 'net.ipv4.conf.default.rp_filter', wanted: '1', also: ['2'], atBoot: '0' },
  ],
})
