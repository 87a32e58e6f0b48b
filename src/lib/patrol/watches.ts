import type { AlertSeverity } from '../core/alert.ts'
import { isTold } from '../probe/index.ts'
import { isBad } from './standing/level.ts'
import type { Watch } from './watch.ts'

/** All that is watched now, by its id, by the name of its check, and by what it depends on. */
export class Watches {
  readonly #byId = new Map<string, Watch>()
  readonly #byName = new Map<string, readonly Watch[]>()

  get byId(): ReadonlyMap<string, Watch> {
    return this.#byId
  }

  /** Of checks that are looked at somewhere. */
  get names(): Iterable<string> {
    return this.#byName.keys()
  }

  /** A check in all its places. */
  placesOf(name: string): readonly Watch[] {
    return this.#byName.get(name) ?? []
  }

  /** In the place of those with the same ids. */
  put(name: string, places: readonly Watch[]): void {
    for (const watch of places) this.#byId.set(watch.id, watch)
    if (places.length > 0) this.#byName.set(name, places)
    else this.#byName.delete(name)
  }

  /** Its check may be watched in other places still. */
  end({ id }: Watch): void {
    this.#byId.delete(id)
  }

  forget(name: string): void {
    this.#byName.delete(name)
  }

  /** Those that this patrol tells of: parents of other shares' checks are looked at only. */
  *told(): Generator<Watch> {
    for (const watch of this.#byId.values()) if (isTold(watch.unit)) yield watch
  }

  /** Incidents that are not over, by severity. */
  openIncidents(): Record<AlertSeverity, number> {
    const open = { info: 0, warning: 0, critical: 0 }
    for (const { standing } of this.#byId.values()) if (standing.incident) open[standing.incident.severity]++
    return open
  }

  /** What it depends on, on the same host where both are looked at there. */
  parentsOf({ check, unit }: Watch): Watch[] {
    const parents = check.dependsOn.flatMap(name => this.placesOf(name))
    return parents.filter(
      ({ check: { isOn }, unit: { host } }) =>
        isOn && (host === undefined || unit.host === undefined || host.name === unit.host.name),
    )
  }

  /** What keeps a check from being judged: one of its parents that does not stand well. */
  causeOf(watch: Watch): Watch | undefined {
    if (watch.check.dependsOn.length === 0) return undefined
    return this.parentsOf(watch).find(({ standing }) => isBad(standing.level) || standing.suppressed !== undefined)
  }
}
