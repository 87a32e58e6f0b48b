export { probeAlertsTestOptions, probeRoutesTestOptions } from './alerts/options.ts'
export { testChannel } from './alerts/test-channel.ts'
export { testRoutes } from './alerts/test-routes.ts'
export { askedChecks } from './asked-checks.ts'
export { type Pattern, parsePattern } from './assert/pattern.ts'
export { LookTimeout } from './endpoint-check.ts'
export { explainCheck } from './explain-check.ts'
export { failureOf } from './failure-of.ts'
export type { AskedCheck } from './file/asked-check.ts'
export { readProbeSources, refuseDoubles, refuseWrongParents } from './file/load-probe-file.ts'
export { type Heartbeat, type Heartbeats, heartbeats } from './heartbeats.ts'
export { probeLearn } from './learn/learn.ts'
export { probeLint } from './lint.ts'
export { Looker } from './looker.ts'
export { masked } from './masked.ts'
export type { Observation } from './observation.ts'
export {
  type ProbeOptions,
  probeFlags,
  probeLearnOptions,
  probeLintOptions,
  probeOptions,
  probeWaitOptions,
} from './options.ts'
export { hostSelector, probe, type SelectHosts, withHosts } from './probe.ts'
export { type ProbedCheck, type SlaClass, slaClasses } from './probed-check.ts'
export { isTold, type Unit, unitsOf } from './unit.ts'
export { probeWait } from './wait.ts'
