import type { Match, Matchable } from './match.ts'
import { matches } from './match.ts'

/** A place in the tree of routes; what a route does not say of itself is as in the one above it. */
export interface Route {
  /** `alerts.yaml:12:5`. */
  readonly place: string
  readonly match: Match
  /** Names of channels. */
  readonly to: readonly string[]
  /** Sent only if the incident is still firing then, milliseconds; 0 is at once. */
  readonly afterMs: number
  /** Sent again so often while it is firing; absent: never. */
  readonly repeatMs?: number
  /** Whether its end is told. */
  readonly resolved: boolean
  /** Whether those after it are looked at as well. */
  readonly goesOn: boolean
  readonly routes: readonly Route[]
}

/** One channel that is to be told of an alert. */
export interface Target {
  readonly channel: string
  readonly afterMs: number
  readonly repeatMs?: number
  readonly resolved: boolean
}

/** The routes that an alert takes: of each list the first that matches, more where it goes on, and the deepest of each. */
export function routesOf(routes: readonly Route[], alert: Matchable): Route[] {
  const taken: Route[] = []
  for (const route of routes) {
    if (!matches(route.match, alert)) continue
    const inner = routesOf(route.routes, alert)
    taken.push(...(inner.length > 0 ? inner : [route]))
    if (!route.goesOn) break
  }
  return taken
}

/** Who is told, each channel once: where several routes lead to one, the soonest counts, and the shortest repeat. */
export function targetsOf(routes: readonly Route[], alert: Matchable): Target[] {
  const targets = new Map<string, Target>()
  for (const { to, afterMs, repeatMs, resolved } of routesOf(routes, alert)) {
    for (const channel of to) {
      const other = targets.get(channel)
      const repeats = [repeatMs, other?.repeatMs].filter(ms => ms !== undefined)
      targets.set(channel, {
        channel,
        afterMs: Math.min(afterMs, other?.afterMs ?? afterMs),
        resolved: resolved || (other?.resolved ?? false),
        ...(repeats.length > 0 && { repeatMs: Math.min(...repeats) }),
      })
    }
  }
  return [...targets.values()]
}
