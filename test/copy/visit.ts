import type { Transport } from '../../src/lib/core/transport.ts'

/** What a copy needs of a host while it is visited; `phases` collects what it says. */
export function visitOf(transport: Transport, signal: AbortSignal = new AbortController().signal) {
  const phases: string[] = []
  return {
    signal,
    phases,
    phase: (text: string): void => void phases.push(text),
    connect: async (): Promise<Transport> => transport,
  }
}
