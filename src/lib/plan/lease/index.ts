export { fenced, fencedPlace, type LeaseEnd, LeaseError, leaseRefusal } from './fence.ts'
export { addWayBack, armLease, type LeaseRelease, type LeaseTerms, releaseLease, renewLease } from './lease.ts'
export { type LeaseHandle, leaseAt } from './lease-handle.ts'
export type { WayBack, WayBackEnd } from './way-back.ts'
