import type { AlertingConfig } from './config.ts'
import { type Matchable, whyNot } from './match.ts'
import { mutes as isMuting } from './mute.ts'
import { type Route, type Target, targetsOf } from './route.ts'

/** One route of the tree, and what became of an alert there. */
export interface RouteLook {
  readonly place: string
  /** 0 at the top. */
  readonly depth: number
  readonly to: readonly string[]
  /** `inner`: it matches, and a route below it is taken. */
  readonly result: 'taken' | 'inner' | 'no match' | 'not reached'
  /** Why it is not taken. */
  readonly why?: string
}

export interface RouteExplanation {
  readonly looks: readonly RouteLook[]
  readonly targets: readonly Target[]
  /** Windows that hold it back at this moment. */
  readonly mutedBy: readonly string[]
}

/** What becomes of an alert with these labels, route by route, and why. */
export function explainRoutes(
  config: AlertingConfig,
  { alert, now }: { readonly alert: Matchable; readonly now: number },
): RouteExplanation {
  return {
    looks: looksAt(config.routes, alert),
    targets: targetsOf(config.routes, alert),
    mutedBy: config.mutes.filter(mute => isMuting(mute, { alert, now })).map(({ name }) => name),
  }
}

function looksAt(routes: readonly Route[], alert: Matchable, depth = 0): RouteLook[] {
  let taken: Route | undefined
  return routes.flatMap(route => {
    const { place, to } = route
    const look = { place, depth, to }
    if (taken) return [{ ...look, result: 'not reached', why: `the route at ${taken.place} took it` }]
    const why = whyNot(route.match, alert)
    if (why !== undefined) return [{ ...look, result: 'no match', why }]
    if (!route.goesOn) taken = route
    const inner = looksAt(route.routes, alert, depth + 1)
    const isInner = inner.some(({ result }) => result === 'taken' || result === 'inner')
    return [{ ...look, result: isInner ? 'inner' : 'taken' }, ...inner]
  })
}
