export { BlackboxProbes, type ProbeAnswer, type ProbeRequest } from './blackbox-probes.ts'
export { loadBlackboxConfig } from './config/load-blackbox-config.ts'
export { type Blackbox, openBlackbox } from './open-blackbox.ts'
