/** The stages of asking a server something, in order. */
export const phaseNames = ['resolve', 'connect', 'tls', 'wait', 'transfer'] as const
export type Phase = (typeof phaseNames)[number]

/**
 * How long each stage took, milliseconds. `wait` is from the last byte of the request to the first of the answer. A stage that did not
 * happen (a literal address, a kept connection, no TLS) is absent.
 */
export type Phases = Partial<Record<Phase, number>>
