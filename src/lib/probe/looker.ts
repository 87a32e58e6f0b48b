import type { CheckPlace, CheckResult, SecretReference, Shared } from '../core/check.ts'
import type { Clock } from '../core/clock.ts'
import type { Connector } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { thisMachine } from '../core/host.ts'
import type { Item } from '../core/item.ts'
import { type Sudo, TransportError } from '../core/transport.ts'
import { masked, maskedData } from './masked.ts'
import { readAll } from './readings.ts'
import { stoppedLook } from './stopped-look.ts'
import type { Unit } from './unit.ts'

/** What looks are made with. */
export interface LookerTools {
  readonly connector: Connector
  /** Asked at each look where it is not known from the start. */
  readonly sudo?: Sudo | (() => Sudo | undefined)
  readonly shared: Shared
  readonly secret: (reference: SecretReference) => Promise<string>
  readonly trace?: (line: string) => void
}

/** Makes single looks, and knows every secret that they read, so that none of them is told. */
export class Looker {
  readonly #connector: Connector
  readonly #sudo: LookerTools['sudo']
  readonly #secrets = new Set<string>()
  /** What a check finds wherever it looks. */
  readonly #everywhere: Omit<CheckPlace, 'transport' | 'from' | 'signal'>

  constructor(clock: Clock, { connector, sudo, shared, secret, trace }: LookerTools) {
    this.#connector = connector
    this.#sudo = sudo
    this.#everywhere = {
      clock,
      shared,
      secret: async reference => {
        const value = await secret(reference)
        this.#secrets.add(value)
        return value
      },
      hides: value => void this.#secrets.add(value),
      ...(trace && { trace: (line: string) => trace(this.maskedText(line)) }),
    }
  }

  /**
   * One look at an endpoint, at a check that needs commands of its own, or at any number of checks of one host that need readings only:
   * those share one command. Gives what it finds for each, in their order. What cannot be reached gives no verdict, whatever was to be looked at there.
   */
  async look(units: readonly Unit[], signal: AbortSignal): Promise<readonly CheckResult[]> {
    const all = (result: CheckResult): readonly CheckResult[] => units.map(() => result)
    try {
      return await this.#looked(units, signal)
    } catch (error) {
      if (signal.aborted) return all(stoppedLook(signal, 'stopped'))
      // A secret that is not there is missed by its check alone.
      if (error instanceof OpsError && error.code === 'E_CONFIG')
        return all({ verdict: 'unknown', reason: 'unreadable', message: error.message })
      if (!(error instanceof TransportError)) throw error
      const { reason, message } = error
      const unknown: CheckResult = { verdict: 'unknown', reason, message }
      return units.map(({ probed }) => probed.check.unconnected?.({ reason, message }) ?? unknown)
    }
  }

  /** The item without the secrets that a server handed back. */
  masked(item: Item): Item {
    if (this.#secrets.size === 0) return item
    const { message, data } = item
    return {
      ...item,
      ...(message && { message: this.maskedText(message) }),
      ...(data && { data: maskedData(data, this.#secrets) }),
    }
  }

  maskedText(text: string): string {
    return this.#secrets.size === 0 ? text : masked(text, this.#secrets)
  }

  async #looked(units: readonly Unit[], signal: AbortSignal): Promise<readonly CheckResult[]> {
    const [first] = units
    if (!first) return []
    const { host, probed } = first
    const transport = await this.#connector.connect(host ?? thisMachine, { signal })
    const sudo = typeof this.#sudo === 'function' ? this.#sudo() : this.#sudo
    const from = host ? 'host' : 'here'
    const place: CheckPlace = { ...this.#everywhere, transport, signal, from, ...(sudo && { sudo }) }
    if (!probed.check.host) return [await probed.check.run(place)]
    const looks = units.flatMap(unit => unit.probed.check.host ?? [])
    const found = await readAll(
      place,
      looks.flatMap(({ readings }) => readings),
    )
    return looks.map(look => look.judge(found, place))
  }
}
