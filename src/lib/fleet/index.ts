export { type Fleet, openFleet, selectHosts } from './fleet.ts'
export { failedResult, type HostResult, type HostVisit, stoppedResult } from './host-visit.ts'
export { type FleetOptions, fleetOptions, maxFailures } from './options.ts'
export { type FleetWork, runOnFleet } from './run-on-fleet.ts'
