import type { CheckPlace, CheckResult, SecretReference, Shared } from '../core/check.ts'
import type { Clock } from '../core/clock.ts'
import type { Connector } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { type Host, hostNamed } from '../core/host.ts'
import type { Item } from '../core/item.ts'
import { type Sudo, TransportError } from '../core/transport.ts'
import { masked, maskedData } from './masked.ts'
import { readAll } from './readings.ts'
import { stoppedLook } from './stopped-look.ts'
import type { Unit } from './unit.ts'

/** What looks are made with. */
export interface LookerTools {
  readonly connector: Connector
  readonly sudo?: Sudo
  readonly shared: Shared
  readonly secret: (reference: SecretReference) => Promise<string>
  readonly trace?: (line: string) => void
}

const thisHost = hostNamed('localhost', { via: 'local' })

/** Makes single looks, and knows every secret that they read, so that none of them is told. */
export class Looker {
  readonly #clock: Clock
  readonly #tools: LookerTools
  readonly #secrets = new Set<string>()

  constructor(clock: Clock, tools: LookerTools) {
    this.#clock = clock
    this.#tools = tools
  }

  /**
   * One look at an endpoint, at a check that needs commands of its own, or at any number of checks of one host that need readings only:
   * those share one command. What cannot be reached gives no verdict, whatever was to be looked at there.
   */
  async look(units: readonly Unit[], signal: AbortSignal): Promise<ReadonlyMap<Unit, CheckResult>> {
    const all = (result: CheckResult): ReadonlyMap<Unit, CheckResult> => new Map(units.map(unit => [unit, result]))
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
      return new Map(units.map(unit => [unit, unit.probed.check.unconnected?.({ reason, message }) ?? unknown]))
    }
  }

  /** The item without the secrets that a server handed back. */
  masked(item: Item): Item {
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

  async #looked(units: readonly Unit[], signal: AbortSignal): Promise<ReadonlyMap<Unit, CheckResult>> {
    const [first] = units
    if (!first) return new Map()
    const place = await this.#place(first.host, signal)
    const looks = units.flatMap(unit => (unit.probed.check.host ? [{ unit, look: unit.probed.check.host }] : []))
    if (looks.length === 0) return new Map([[first, await first.probed.check.run(place)]])
    const found = await readAll(
      place,
      looks.flatMap(({ look }) => look.readings),
    )
    return new Map(looks.map(({ unit, look }) => [unit, look.judge(found, place)]))
  }

  async #place(host: Host | undefined, signal: AbortSignal): Promise<CheckPlace> {
    const { connector, sudo, shared, secret, trace } = this.#tools
    return {
      transport: await connector.connect(host ?? thisHost, { signal }),
      clock: this.#clock,
      signal,
      from: host ? 'host' : 'here',
      shared,
      secret: async reference => {
        const value = await secret(reference)
        this.#secrets.add(value)
        return value
      },
      hides: value => void this.#secrets.add(value),
      ...(sudo && { sudo }),
      ...(trace && { trace: (line: string) => trace(this.maskedText(line)) }),
    }
  }
}
