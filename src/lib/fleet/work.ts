// The fleet without its flags, whose schemas a start is not to wait for: the door for what runs by itself (COMMAND.run.ts).
export { connectFleet, type Fleet, openFleet, selectHosts } from './fleet.ts'
export { hostFileName } from './host-file-name.ts'
export { failedResult, type HostResult, type HostVisit, stoppedResult } from './host-visit.ts'
export { type MaxFail, maxFailures, parseMaxFail } from './max-fail.ts'
export { type FleetWork, runOnFleet } from './run-on-fleet.ts'

// Most runs show no blocks of equal output.
export const collate: typeof import('./collate.ts').collate = async (...given) => (await import('./collate.ts')).collate(...given)
