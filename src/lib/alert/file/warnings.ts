import { alertSeverities } from '../../core/alert.ts'
import type { AlertingConfig } from '../config.ts'
import { type LabelMatcher, labelMatches, type Match } from '../match.ts'
import type { Route } from '../route.ts'

/** What is no mistake, but can have no effect. */
export interface Warning {
  /** `alerts.yaml:12:5`. */
  readonly place: string
  readonly message: string
}

/** Routes that can never be taken, and channels that nobody is sent to. */
export function warningsOf({ channels, routes }: AlertingConfig, placeOf: (channel: string) => string): Warning[] {
  const used = new Set(usedBy(routes))
  const unused = [...channels.keys()]
    .filter(name => !used.has(name))
    .map(name => ({ place: placeOf(name), message: `no route leads to the channel ${name}` }))
  return [...unused, ...unreachable(routes, { labels: [] })]
}

const usedBy = (routes: readonly Route[]): string[] => routes.flatMap(({ to, routes: inner }) => [...to, ...usedBy(inner)])

function unreachable(routes: readonly Route[], above: Match): Warning[] {
  return routes.flatMap((route, index) => {
    const all = both(above, route.match)
    const { place } = route
    if (isImpossible(all)) return [{ place, message: 'this route can never match: it contradicts the one above it' }]
    const before = routes.slice(0, index).filter(({ goesOn }) => !goesOn)
    const taking = (all.severities ?? alertSeverities).map(severity =>
      before.find(({ match }) => covers(match, { ...all, severities: [severity] })),
    )
    const [first] = taking
    if (first && taking.every(Boolean)) {
      return [{ place, message: `this route is never reached: what it wants is taken by the one at ${first.place}` }]
    }
    return unreachable(route.routes, all)
  })
}

function both(above: Match, own: Match): Match {
  const severities = common(above.severities, own.severities)
  const reasons = common(above.reasons, own.reasons)
  return { ...(severities && { severities }), ...(reasons && { reasons }), labels: [...above.labels, ...own.labels] }
}

function common<T>(one: readonly T[] | undefined, other: readonly T[] | undefined): readonly T[] | undefined {
  if (!one || !other) return one ?? other
  return one.filter(each => other.includes(each))
}

/** True where no alert can match, as far as it is seen without solving regular expressions. */
function isImpossible({ severities, reasons, labels }: Match): boolean {
  if (severities?.length === 0 || reasons?.length === 0) return true
  return labels.some(one => {
    if (one.negated || one.pattern) return false
    const others = labels.filter(({ label }) => label === one.label)
    return !one.values.some(value => others.every(other => labelMatches(other, value)))
  })
}

/** True where every alert that matches the second matches the first. */
function covers(first: Match, second: Match): boolean {
  const within = <T>(wide: readonly T[] | undefined, narrow: readonly T[] | undefined): boolean =>
    wide === undefined || (narrow?.every(each => wide.includes(each)) ?? false)
  return (
    within(first.severities, second.severities) &&
    within(first.reasons, second.reasons) &&
    first.labels.every(wanted => second.labels.some(given => implies(given, wanted)))
  )
}

function implies(given: LabelMatcher, wanted: LabelMatcher): boolean {
  if (given.label !== wanted.label) return false
  if (given.text === wanted.text && given.negated === wanted.negated) return true
  return !given.negated && !given.pattern && given.values.every(value => labelMatches(wanted, value))
}
