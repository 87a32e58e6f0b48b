import type { ObservationFailure } from './observation.ts'

/** The connection to a host carries streams alone (RFC 4254, section 7.2). */
export const noDatagrams: ObservationFailure = {
  reason: 'error',
  message: 'datagrams can be sent from here only, not from a host',
  unknown: true,
}
