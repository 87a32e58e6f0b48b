/** The steps that a playbook may name: components of kind `step` that no change file offers. */
export const faultTypes = [
  'cpu-pressure',
  'disk-fill',
  'http-error',
  'latency',
  'network-partition',
  'process-kill',
  'process-pause',
] as const
export type FaultType = (typeof faultTypes)[number]
