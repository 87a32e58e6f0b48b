import type { CheckPlace, SecretReference } from '../../src/lib/core/check.ts'
import { hostNamed } from '../../src/lib/core/host.ts'
import type { Transport } from '../../src/lib/core/transport.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { SharedThings } from '../../src/lib/run/shared-things.ts'

interface Place {
  /** By variable or file. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly shared?: SharedThings
  readonly trace?: (line: string) => void
  /** How a host connects to others: with it checks look from there. */
  readonly dial?: NonNullable<Transport['dial']>
  readonly signal?: AbortSignal
}

/** A place for checks of endpoints: here, or a host that can do nothing but connect to others. */
export function checkPlace({ secrets = {}, shared = new SharedThings(), trace, dial, signal }: Place = {}): CheckPlace {
  const refuse = () => Promise.reject(new Error('nothing runs here'))
  const transport: Transport = {
    host: hostNamed('web1'),
    run: refuse,
    put: refuse,
    get: refuse,
    ...(dial && { dial }),
    [Symbol.asyncDispose]: async () => {},
  }
  return {
    transport,
    clock: systemClock,
    signal: signal ?? new AbortController().signal,
    from: dial ? 'host' : 'here',
    shared,
    ...(trace && { trace }),
    async secret(reference: SecretReference) {
      const value = secrets['env' in reference ? reference.env : reference.file]
      if (value === undefined) throw new Error(`there is no secret ${JSON.stringify(reference)}`)
      return value
    },
  }
}
