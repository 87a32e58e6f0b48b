import { isInShard, type Shard } from '../core/shard.ts'
import type { ProbedCheck } from './probed-check.ts'
import { type Unit, unitsOf } from './unit.ts'

interface Share {
  readonly shard: Shard
  /** Names of the checks that ask endpoints; the others look at hosts. */
  readonly endpoints: ReadonlySet<string>
}

/**
 * The checks of one share, each on the hosts where it falls to it. What is looked at on a host stays together, since that is one
 * connection: by the name of the host, as commands on a fleet have it. An endpoint goes by its check, and from hosts by its check on each.
 *
 * What these depend on is looked at too, without being told (`untold`): whether they may be judged does not depend on other shares.
 */
export function shareOfChecks(checks: readonly ProbedCheck[], { shard, endpoints }: Share): ProbedCheck[] {
  const mine = checks.flatMap(unitsOf).filter(unit => isInShard(keyOf(unit, endpoints), shard))
  const told = placesOf(mine)
  const looked = placesOf(withParents(checks, mine))
  return checks.flatMap(check => {
    const places = looked.get(check.name)
    if (places === undefined) return []
    const untold = new Set([...places].filter(place => !told.get(check.name)?.has(place)))
    const hosts = check.hosts?.filter(({ name }) => places.has(name))
    return [{ ...check, ...(hosts && { hosts }), ...(untold.size > 0 && { untold }) }]
  })
}

function keyOf({ probed, host }: Unit, endpoints: ReadonlySet<string>): string {
  if (host === undefined) return probed.name
  return endpoints.has(probed.name) ? `${probed.name}@${host.name}` : host.name
}

const placeOf = ({ host }: Unit): string => host?.name ?? ''

/** Names of hosts, '' for here, by check. */
function placesOf(units: Iterable<Unit>): Map<string, Set<string>> {
  const places = new Map<string, Set<string>>()
  for (const unit of units) {
    const known = places.get(unit.probed.name)
    if (known) known.add(placeOf(unit))
    else places.set(unit.probed.name, new Set([placeOf(unit)]))
  }
  return places
}

/** A parent is asked for on the same host where it is looked at there too, else wherever it is: as runProbe judges it. */
function withParents(checks: readonly ProbedCheck[], units: readonly Unit[]): Set<Unit> {
  const byPlace = new Map(checks.map(check => [check.name, new Map(unitsOf(check).map(unit => [placeOf(unit), unit]))]))
  const found = new Set<Unit>()
  const seen = new Set<string>()
  const add = (unit: Unit): void => {
    const key = JSON.stringify([unit.probed.name, placeOf(unit)])
    if (seen.has(key)) return
    seen.add(key)
    found.add(unit)
    for (const name of unit.probed.dependsOn) {
      const parents = byPlace.get(name)
      const there = unit.host && parents?.get(unit.host.name)
      for (const parent of there ? [there] : (parents?.values() ?? [])) add(parent)
    }
  }
  for (const unit of units) add(unit)
  return found
}
