export { type Fleet, openFleet, selectHosts } from './fleet.ts'
export { type FleetOptions, fleetOptions, maxFailures } from './options.ts'
