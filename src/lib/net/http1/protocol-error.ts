import { NetError } from '../net-error.ts'

/** An answer that breaks the rules of HTTP. */
export const protocolError = (message: string): NetError => new NetError('protocol', message, { phase: 'transfer' })
